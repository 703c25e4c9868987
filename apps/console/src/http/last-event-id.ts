/** The number in a Last-Event-ID header (HTML Living Standard, section 9.2.4). */
export function lastEventId(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}
