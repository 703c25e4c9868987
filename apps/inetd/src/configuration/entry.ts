import { isIP } from 'node:net'

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

/** What is wrong with a field, before it is known in which file and line. */
export class FieldError extends Error {
  override readonly name = 'FieldError'
  readonly field: Field
  readonly value: string | undefined

  constructor(field: Field, value: string | undefined, reason: string) {
    super(reason)
    this.field = field
    this.value = value
  }
}

/** How often and how many at once; undefined is the option's default. */
export interface EntryLimits {
  /** Starts a minute for each source address: `nowait.max`. */
  perMinute: number | undefined
  /** Programs of this service at once: `nowait/max-child`. */
  children: number | undefined
  /** Of them for one source address: the third number of `nowait/max-child/per-minute/per-address`. */
  childrenPerAddress: number | undefined
}

/** One entry of inetd.conf, its words understood and no name looked up yet. */
export interface Entry {
  line: number
  /** The service name field as it was written: `echo`, `127.0.0.1:7`. */
  written: string
  /** Where to listen: numeric or names; empty for every address. */
  addresses: readonly string[]
  /** A name of services(5), or a port number. */
  service: string
  /** As it was written: `tcp`, `udp6`. */
  protocol: string
  transport: 'tcp' | 'udp'
  /** Undefined: IPv4 and IPv6. */
  family: 4 | 6 | undefined
  /** Whether one socket takes both (`tcp46`); otherwise each family has its own. */
  isDualStack: boolean
  /** Whether the program gets the service's own socket, and is waited for. */
  wait: boolean
  limits: EntryLimits
  /** `-` is the user that runs inetd. */
  user: string
  group: string | undefined
  /** A path, or `internal`. */
  program: string
  /** argv[0] and the following. */
  programArguments: readonly string[]
}

/** What log and metrics call the service: `echo/tcp`, `127.0.0.1:7/udp`. */
export function labelOf(entry: Pick<Entry, 'addresses' | 'service' | 'protocol'>): string {
  const { addresses, service, protocol } = entry
  return `${addresses.length === 0 ? '' : `${addresses.join(',')}:`}${service}/${protocol}`
}

/** Whether a numeric address is of the other family than the one that was asked for. */
export function isForeign(address: string, family: Entry['family']): boolean {
  return family !== undefined && isIP(address) !== 0 && isIP(address) !== family
}
