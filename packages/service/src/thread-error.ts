/** What a thread has ended by, which may have thrown anything. */
export function threadError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
