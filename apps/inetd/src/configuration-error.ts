/** The fields of a line of inetd.conf, as inetd(8) names them. */
export type Field =
  | 'service name'
  | 'socket type'
  | 'protocol'
  | 'wait/nowait'
  | 'user'
  | 'server program'
  | 'server program arguments'

/** One line of the configuration that cannot be served. The other lines are. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly file: string
  /** Counted from 1: where the entry begins. */
  readonly line: number
  readonly field: Field
  readonly reason: string
  /** The service name field as it was written, so that what ran under it so far goes on. */
  readonly service: string

  /** @param facts.value what stands in the field; undefined when nothing does */
  constructor(facts: {
    file: string
    line: number
    field: Field
    service: string
    value?: string | undefined
    reason: string
  }) {
    const { file, line, field, service, value, reason } = facts
    super(`${file}:${line}: ${field}${value === undefined ? '' : ` ${value}`}: ${reason}`)
    this.file = file
    this.line = line
    this.field = field
    this.service = service
    this.reason = reason
  }
}
