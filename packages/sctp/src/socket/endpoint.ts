import { EventEmitter } from 'node:events'

import type { PathOptions } from '@sockyard/net/connect'

import { AssociationClosedError } from '../association/errors.ts'
import type { Message, Notification } from '../association/notification.ts'
import {
  DEFAULT_PROTOCOL_PARAMETERS,
  type ProtocolParameters,
} from '../association/protocol-parameters.ts'
import { send, setPaused, statusOf, type AssociationStatus } from '../engine/user-requests.ts'
import type { TransportAddress } from '../paths/transport-address.ts'
import type { OutgoingMessage } from '../transmission/outgoing-chunk.ts'
import { canonicalAddress } from '../wire/address.ts'
import { CAUSE_CODE, textCause } from '../wire/error-cause.ts'
import { EngineDriver } from './engine-driver.ts'

/** Port registered for SCTP in UDP (RFC 6951 section 7). */
const SCTP_OVER_UDP_PORT = 9899

/** How long `await using` waits for peers to answer a shutdown. */
const DISPOSAL_MILLIS = 2000

/** How an endpoint is opened; beside this, every protocol parameter can be set. */
export interface EndpointOptions extends Partial<ProtocolParameters> {
  /** Numeric address to bind; `::`, the default, is every address of ours, IPv4 too; `0.0.0.0` IPv4 alone. */
  host?: string
  /** UDP port; default: 9899; 0 picks a free one. */
  udpPort?: number
  /** SCTP port, 1 to 65,535. */
  port: number
  /** May peers begin associations? Default: false. */
  listen?: boolean
  /** Why a datagram from there is not looked at: the word it is counted under. Undefined: it is. */
  refusal?: (from: TransportAddress) => string | undefined
  /** How its packets leave: interface, TTL and DSCP; `host` and `udpPort` are their source. */
  path?: PathOptions
}

/** The peer to associate with. */
export interface Peer {
  /** Numeric address. */
  host: string
  /** UDP port; default: 9899. */
  udpPort?: number
  /** SCTP port. */
  port: number
  /** Gives up, and aborts what has begun. */
  signal?: AbortSignal
}

interface EndpointEvents {
  message: [Message]
  notification: [Notification]
  closed: []
}

/**
 * A one-to-many endpoint: one SCTP port, any number of associations (as SOCK_SEQPACKET of
 * RFC 6458 section 3). Emits `message` and `notification`.
 */
export class Endpoint extends EventEmitter<EndpointEvents> {
  readonly #driver: EngineDriver
  readonly #parameters: ProtocolParameters

  private constructor(driver: EngineDriver, parameters: ProtocolParameters) {
    super()
    this.#driver = driver
    this.#parameters = parameters
    this.setMaxListeners(0)
  }

  /**
   * Binds the UDP port.
   * @throws {RangeError} when the SCTP port or a number of streams is not 1 to 65,535
   * @throws {NetworkError} when that fails; AddressInUseError when it is taken
   */
  static async open({
    host = '::',
    udpPort = SCTP_OVER_UDP_PORT,
    port,
    listen = false,
    refusal = () => undefined,
    path,
    ...changes
  }: EndpointOptions): Promise<Endpoint> {
    const parameters = { ...DEFAULT_PROTOCOL_PARAMETERS, ...changes }
    check16('SCTP port', port)
    check16('outboundStreams', parameters.outboundStreams)
    check16('inboundStreams', parameters.inboundStreams)
    const emitter: { endpoint?: Endpoint } = {}
    const driver = await EngineDriver.open({
      host,
      udpPort,
      port,
      listening: listen,
      refusal,
      parameters,
      path,
      events: {
        deliver: (message) => emitter.endpoint?.emit('message', message),
        notify: (notification) => emitter.endpoint?.emit('notification', notification),
      },
    })
    emitter.endpoint = new Endpoint(driver, parameters)
    return emitter.endpoint
  }

  /** Our IP addresses that are served now. */
  get localAddresses(): string[] {
    return this.#driver.addresses
  }

  /** Where the endpoint is bound: the host as it was given, and its ports. */
  address(): { address: string; udpPort: number; port: number } {
    const { address, port: udpPort } = this.#driver.address()
    return { address, udpPort, port: this.#driver.engine.localPort }
  }

  /** Timers in milliseconds, and the limits (RFC 9260 section 16). */
  get parameters(): Readonly<ProtocolParameters> {
    return this.#parameters
  }

  /** Packets received by what they came to: `taken`, `malformed`, `out-of-the-blue` … */
  get packetsReceived(): ReadonlyMap<string, number> {
    return this.#driver.verdicts
  }

  /** The numbers of all associations. */
  get associations(): number[] {
    return this.#driver.engine.table.all().map(({ id }) => id)
  }

  /**
   * Begins an association (RFC 9260 section 11.1.2) and waits until it is up; its number.
   * @throws {TypeError} when the host is not a numeric address
   * @throws {RangeError} when a port is not 1 to 65,535
   * @throws {Error} of node:dgram, with `code`, when there is no route to the host
   * @throws {AssociationError} when the peer does not answer or refuses
   * @throws the signal's reason when it is aborted
   */
  async associate({ host, udpPort = SCTP_OVER_UDP_PORT, port, signal }: Peer): Promise<number> {
    signal?.throwIfAborted()
    check16('UDP port', udpPort)
    check16('SCTP port', port)
    const to = await this.#driver.routeTo({ address: canonicalAddress(host), port: udpPort })
    signal?.throwIfAborted()
    const association = this.#driver.engine.associate(to, port, performance.now())
    this.#driver.scheduleFlush()
    try {
      await waitForNotification(this, association, 'association-up', signal)
    } catch (error) {
      this.abort(association, 'given up')
      throw error
    }
    return association
  }

  /**
   * Sends a message (RFC 9260 section 11.1.5); its bytes are copied. False: the send buffer is full
   * now, wait for the notification `drain` before you send more to this association.
   * @throws {AssociationClosedError} when the association does not exist, is not yet up, or is ending
   * @throws {SendBufferFullError} when the buffer was full already: the message is not taken
   * @throws {RangeError} when there is no such stream, or the data are empty or too long
   */
  send({ association, ...message }: OutgoingMessage & { association: number }): boolean {
    const room = send(this.#driver.engine.table, association, message)
    this.#driver.scheduleFlush()
    return room
  }

  /** Emits no more messages of this association; the peer is held back once the buffer is full. */
  pause(association: number): void {
    setPaused(this.#driver.engine.table, association, true)
  }

  /** Emits what was kept and goes on. */
  resume(association: number): void {
    setPaused(this.#driver.engine.table, association, false)
    this.#driver.scheduleFlush()
  }

  /** The state of an association (RFC 9260 section 11.1.8); undefined when there is none. */
  status(association: number): AssociationStatus | undefined {
    return statusOf(this.#driver.engine.table, association)
  }

  /**
   * Ends an association once the peer has all that was sent (RFC 9260 section 11.1.3).
   * @throws {AssociationError} when the association is lost before
   */
  async shutdown(association: number, signal?: AbortSignal): Promise<void> {
    if (!this.status(association)) throw new AssociationClosedError(association)
    const complete = waitForNotification(this, association, 'shutdown-complete', signal)
    this.#driver.engine.shutdown(association, performance.now())
    this.#driver.scheduleFlush()
    await complete
  }

  /** Ends an association at once; the peer is told the reason (RFC 9260 section 11.1.4). */
  abort(association: number, reason = ''): void {
    const causes = [textCause(CAUSE_CODE.USER_INITIATED_ABORT, reason)]
    this.#driver.engine.abort(association, causes, performance.now())
  }

  /**
   * Accepts no more associations, shuts all down, and releases the port once they have ended; what
   * has not ended when `signal` is aborted is aborted too.
   */
  async close(signal?: AbortSignal): Promise<void> {
    this.#driver.engine.listening = false
    await Promise.allSettled(this.associations.map((each) => this.shutdown(each, signal)))
    for (const each of this.associations) this.abort(each, 'endpoint closed')
    await this.destroy()
  }

  /** Releases the port without SHUTDOWN or ABORT: for its peers it is like a crash. */
  async destroy(): Promise<void> {
    await this.#driver.close()
    this.emit('closed')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close(AbortSignal.timeout(DISPOSAL_MILLIS))
  }
}

/** A field of 16 bits that must not be 0. */
function check16(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0 && value < 65_536) return
  throw new RangeError(`${name} ${value}: must be 1 to 65535`)
}

type NotificationSource = EventEmitter<{ notification: [Notification] }>

/**
 * Waits until an association gets the notification `type`.
 * @throws {AssociationError} when the association is lost before
 * @throws the signal's reason when it is aborted before
 */
export function waitForNotification(
  source: NotificationSource,
  association: number,
  type: Notification['type'],
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => {
      source.off('notification', onNotification)
      signal?.removeEventListener('abort', onAbort)
      done()
    }
    const onAbort = () => settle(() => reject(signal?.reason as Error))
    const onNotification = (notification: Notification) => {
      if (notification.association !== association) return
      if (notification.type === type) settle(resolve)
      else if (notification.type === 'association-lost') settle(() => reject(notification.error))
    }
    source.on('notification', onNotification)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
  })
}
