/** The command line or the environment is wrong. Ends the process with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly field: string
  readonly value: string | undefined
  readonly allowed: string

  /**
   * @param field what the user can find again: `--port`, `environment variable SOCKYARD_PORT`, `HOST`
   * @param value what was given, or undefined when nothing was
   * @param allowed what would have been right, as in "must be 0 to 65535"
   * @param message the line itself, where it is not "FIELD VALUE: ALLOWED"
   */
  constructor(
    field: string,
    value: string | undefined,
    allowed: string,
    message = value === undefined
      ? `${field}: ${allowed}`
      : `${field} ${value || '""'}: ${allowed}`,
  ) {
    super(message)
    this.field = field
    this.value = value
    this.allowed = allowed
  }

  /** `--rate and --interval cannot be combined` */
  static conflict(field: string, other: string): UsageError {
    const allowed = `cannot be combined with ${other}`
    return new UsageError(field, undefined, allowed, `${field} and ${other} cannot be combined`)
  }

  /** `--bytes requires --bulk` */
  static requirement(field: string, other: string): UsageError {
    const allowed = `requires ${other}`
    return new UsageError(field, undefined, allowed, `${field} ${allowed}`)
  }
}
