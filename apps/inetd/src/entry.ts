import { isIP } from 'node:net'

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
  /** Whether the program gets the service's own socket, and is waited for. */
  wait: boolean
  limits: EntryLimits
  /** `-` is whoever runs inetd. */
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
