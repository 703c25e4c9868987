import type { AccessList } from '../access/access-list.ts'
import type { RejectReason } from '../access/connection-limiter.ts'
import type { DescriptorBudget } from '../access/descriptor-budget.ts'
import { internetEndpoint } from '../address/addresses.ts'
import type { LimitedLog } from '../log/limited-log.ts'
import {
  type AcceptedConnection,
  closeAccepted,
  type ConnectionOwner,
  type EngineConnection,
  type TcpEngine,
} from './engine.ts'
import { type ProxyRejectReason, TcpCounters } from './tcp-counters.ts'

/** A segment that was lost is there again by then, and one more. */
const DEADLINE_MILLIS = 5_000
const NOTHING = new Uint8Array()

/** A header at the beginning of a connection, in which a proxy tells whose connection it passes on. */
interface ProxyHeader {
  length: number
  /** Absent when the connection is the proxy's own. */
  endpoints: { source: { address: Uint8Array; port: number } } | undefined
}

/** Which peers are proxies, and how their headers are read (HAProxy, proxy-protocol.txt). */
export interface Proxies {
  /** Those that it permits begin every connection with a header; the bytes of others are data. */
  addresses: AccessList
  /** `decodeProxyHeader` of packages/protocol: undefined as value while more bytes are needed; bounded. */
  decode(
    bytes: Uint8Array,
  ): { ok: true; value: ProxyHeader | undefined } | { ok: false; error: Error }
  /** For the whole header to arrive; 5,000 by default. */
  deadlineMillis?: number
}

interface ProxyHeaderOptions {
  proxies: Proxies
  engine: Pick<TcpEngine, 'open'>
  budget: () => DescriptorBudget
  /** Connections whose header is awaited. */
  maximumWaiting: number
  counters: TcpCounters
  log: LimitedLog
  /** The header was read: the address is that of the client, and the bytes after the header are `early`. */
  onHeader: (accepted: AcceptedConnection) => void
  onRejectedClosed: () => void
}

interface Waiting {
  /** The beginning of the header. */
  bytes: Uint8Array
  deadline: NodeJS.Timeout
}

/** Reads the headers of proxies, before their connections are admitted. */
export class ProxyHeaders implements ConnectionOwner {
  /** What headers have is no traffic of the service. */
  readonly counters = new TcpCounters()
  readonly #options: ProxyHeaderOptions
  readonly #waiting = new Map<EngineConnection, Waiting>()

  constructor(options: ProxyHeaderOptions) {
    this.#options = options
  }

  /** Whether connections of this peer begin with a header. */
  isExpected(address: string): boolean {
    return this.#options.proxies.addresses.check(address) === 'permitted'
  }

  read(accepted: AcceptedConnection): void {
    const { engine, budget, maximumWaiting, proxies } = this.#options
    if (this.#waiting.size >= maximumWaiting || !budget().admits(accepted.socket)) {
      this.#rejected(accepted, 'too-many')
      closeAccepted(accepted)
      return this.#options.onRejectedClosed()
    }
    const connection = engine.open(accepted, 0, this)
    // After what has come while the process could not run is read.
    const expire = (): unknown =>
      setImmediate(() => this.#reject(connection, 'proxy-header-missing'))
    const deadline = setTimeout(expire, proxies.deadlineMillis ?? DEADLINE_MILLIS)
    this.#waiting.set(connection, { bytes: NOTHING, deadline })
    connection.start({
      onData: (_, bytes) => this.#received(connection, bytes),
      onEnd: () => this.#reject(connection, 'proxy-header-missing'),
    })
  }

  /** The proxy has closed it, or it was rejected. */
  onClosed(connection: EngineConnection): void {
    if (this.#forget(connection)) this.#rejected(connection, 'proxy-header-missing')
    this.#options.onRejectedClosed()
  }

  /** Closes those whose header has not come. */
  stop(): void {
    for (const connection of this.#waiting.keys()) this.#reject(connection, 'stopping')
  }

  #received(connection: EngineConnection, more: Uint8Array): void {
    const waiting = this.#waiting.get(connection)
    if (waiting === undefined) return
    const bytes = waiting.bytes.length === 0 ? more : Buffer.concat([waiting.bytes, more])
    const decoded = this.#options.proxies.decode(bytes)
    if (!decoded.ok) this.#reject(connection, 'proxy-header-malformed', decoded.error)
    else if (decoded.value !== undefined) this.#hasCome(connection, decoded.value, bytes)
    // What was received is valid during this call only.
    else waiting.bytes = bytes.slice()
  }

  #hasCome(connection: EngineConnection, header: ProxyHeader, bytes: Uint8Array): void {
    const { source } = header.endpoints ?? {}
    const { address, port } = (source && endpointOf(source)) ?? connection
    this.#forget(connection)
    connection.detach()
    const early = bytes.slice(header.length)
    this.#options.onHeader({ socket: connection.socket, address, port, early })
  }

  #reject(
    connection: EngineConnection,
    reason: ProxyRejectReason | RejectReason,
    error?: Error,
  ): void {
    if (!this.#forget(connection)) return
    this.#rejected(connection, reason, error)
    connection.destroy()
  }

  #rejected(
    { address }: { address: string },
    reason: ProxyRejectReason | RejectReason,
    error?: Error,
  ): void {
    this.#options.counters.rejected(reason)
    this.#options.log.info({ address, reason, header: error?.message }, 'refused')
  }

  /** @returns whether its header was awaited */
  #forget(connection: EngineConnection): boolean {
    clearTimeout(this.#waiting.get(connection)?.deadline)
    return this.#waiting.delete(connection)
  }
}

function endpointOf({ address: bytes, port }: { address: Uint8Array; port: number }) {
  const family = bytes.length === 4 ? 'IPv4' : 'IPv6'
  return internetEndpoint({ family, bytes, port, scope: 0 })
}
