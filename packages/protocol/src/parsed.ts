/** Bytes that are not what they claim to be: which protocol, which field, and why. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
  readonly protocol: string
  readonly field: string
  readonly reason: string

  /**
   * @param protocol the format that was expected, such as `echo`
   * @param field the first field that is wrong, by its name in the specification
   * @param reason what is wrong with it, readable after "field: "
   */
  constructor(protocol: string, field: string, reason: string) {
    super(`${protocol}: ${field}: ${reason}`)
    this.protocol = protocol
    this.field = field
    this.reason = reason
  }
}

/** What a parser gives back for any bytes at all: a value, or what is wrong. It never throws. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; error: MalformedError }

/** The good outcome of a parser. */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

/** The bad outcome of a parser; the arguments are those of {@link MalformedError}. */
export function malformed(protocol: string, field: string, reason: string): Parsed<never> {
  return { ok: false, error: new MalformedError(protocol, field, reason) }
}
