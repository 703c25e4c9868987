import { escapeJson } from './escape-text.ts'

/** Now, by the wall clock: RFC 3339 in UTC with microseconds. */
export function timestamp(): string {
  return Temporal.Now.instant().toString({ smallestUnit: 'microsecond' })
}

/**
 * One event as a client writes it with `--json`, with its time and a line feed; the schemas are in docs/schemas.
 * Characters that a terminal obeys are escaped.
 */
export function eventLine(event: string, data: unknown): string {
  return `${escapeJson(JSON.stringify({ event, at: timestamp(), data }))}\n`
}
