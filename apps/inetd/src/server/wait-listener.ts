import { internetEndpoint, listenDualStack } from '@sockyard/net/address'
import type { NativeSocket } from '@sockyard/posix/socket'

import type { Program } from '../configuration/definition.ts'
import type { End } from './program-processes.ts'
import { type Peer, UNKNOWN_CLIENT } from './programs.ts'
import type { InetdContext, Listener, Place, Service } from './service.ts'
import { StartBackoff } from './start-backoff.ts'
import {
  acceptQueueLength,
  discardDatagram,
  openWaitSocket,
  peekDatagram,
  type WaitingDatagram,
} from './wait-socket.ts'

const LISTS_WARNING =
  '--allow and --deny hold for the datagram that starts the program; those that it reads itself are its own to check'

/** When a service is polled again whose program may not be started now. */
const RETRY_MILLIS = 250
/** Datagrams that are rejected at once, before other services get their turn. */
const REJECTED_AT_ONCE = 64

/**
 * Listens for a program that gets the service's own socket (`wait`): it is started when something comes, and
 * the socket is left alone until it has ended.
 */
export async function openWaitListener(
  service: Service,
  { address, port, family }: Place,
  context: InetdContext,
): Promise<Listener> {
  const { label, entry } = service.definition
  const { transport, line } = entry
  const { allow, deny } = context.options
  const socket = await listenDualStack({ host: address, port, family }, async (host, ipv6Only) =>
    openWaitSocket(transport, { host, port, ipv6Only }),
  )
  const bound = internetEndpoint(socket.localAddress()) ?? { address, port }
  context.log.info({ service: label, transport, ...bound }, 'listening')
  // With these a stream is not served at all.
  if (allow.length + deny.length > 0) context.log.warn({ service: label, line }, LISTS_WARNING)
  const Kind = transport === 'udp' ? DatagramWaitListener : StreamWaitListener
  const listener = new Kind(service, socket, bound.port, context)
  listener.watch()
  return listener
}

/** What both kinds have in common: they wait for the socket to be readable, and for the end of the program. */
abstract class WaitListener implements Listener {
  readonly port: number
  protected readonly service: Service
  protected readonly socket: NativeSocket
  protected readonly context: InetdContext
  protected backoff = new StartBackoff()
  #program: Program | undefined
  #forget: (() => void) | undefined
  #endProgram: (() => void) | undefined

  constructor(service: Service, socket: NativeSocket, port: number, context: InetdContext) {
    this.service = service
    this.socket = socket
    this.port = port
    this.context = context
  }

  /** Something waits at the socket. */
  protected abstract ready(program: Program): void

  watch(): void {
    if (this.socket.closed) return
    this.#forget = this.context.readiness.watch(this.socket.descriptor, () => this.#ready())
  }

  /** The program may go on with its own copy of the socket; at the end it is told by SIGTERM to accept no more. */
  stop(_drained: AbortSignal, isEnd: boolean): Promise<void> {
    this.#forget?.()
    this.socket.close()
    if (isEnd) this.#endProgram?.()
    return Promise.resolve()
  }

  protected later(millis = RETRY_MILLIS): void {
    const timer = setTimeout(() => this.watch(), millis)
    this.#forget = () => clearTimeout(timer)
  }

  /** @returns whether it is so: then it is counted and logged */
  protected reject(address: string, reason: string | undefined): boolean {
    if (reason === undefined) return false
    const { label } = this.service
    this.context.counters.rejected(label, reason)
    this.context.limited.info({ service: label, address, reason }, 'refused')
    return true
  }

  protected start(program: Program, peer: Peer, onEnd: () => void): void {
    const { programs, counters, limited } = this.context
    const { label, limiter } = this.service
    const since = performance.now()
    const known = peer === UNKNOWN_CLIENT ? undefined : peer
    const ended = (end: End): void => {
      this.#endProgram = undefined
      counters.ended(label, end)
      const seconds = Math.round(performance.now() - since) / 1000
      limited.info({ service: label, pid: child?.pid, ...known, end, seconds }, 'ended')
      if (!this.socket.closed) onEnd()
    }
    const child = programs.start({ program, socket: this.socket, peer, limiter, onEnd: ended })
    if (child === undefined) return
    this.#endProgram = () => child.kill('SIGTERM')
    counters.started(label)
    limited.info({ service: label, pid: child.pid, ...known }, 'started')
  }

  #ready(): void {
    const { run } = this.service.definition
    if (this.socket.closed || run.internal !== undefined) return
    // After SIGHUP it may be a better one.
    if (run.program !== this.#program) this.backoff = new StartBackoff()
    this.#program = run.program
    this.ready(run.program)
  }
}

/** The program accepts the connections. */
class StreamWaitListener extends WaitListener {
  protected ready(program: Program): void {
    const { programs } = this.context
    const { address } = UNKNOWN_CLIENT
    const reason = programs.rejectReason(UNKNOWN_CLIENT, this.service.limiter)
    if (this.reject(address, reason)) return this.later()
    const waiting = acceptQueueLength(this.socket)
    this.start(program, UNKNOWN_CLIENT, () => {
      // As many as before may be others that came meanwhile: then the pause is short, and only the first.
      const isShorter = acceptQueueLength(this.socket) < waiting
      if (!isShorter) return this.later(this.backoff.failed(address))
      this.backoff.succeeded(address)
      this.watch()
    })
  }
}

/** The program reads the datagrams, of which the first one is looked at here. */
class DatagramWaitListener extends WaitListener {
  /** Datagrams of sources that have had their share are discarded, so that the next one gets its turn. */
  protected ready(program: Program): void {
    for (let refused = 0; refused < REJECTED_AT_ONCE; refused += 1) {
      const datagram = peekDatagram(this.socket)
      if (datagram === undefined) break
      const reason = this.#rejectReason(datagram)
      if (!this.reject(datagram.from.address, reason)) return this.#start(program, datagram)
      // There is no room for any client: the datagram waits.
      if (reason === 'too-many' || reason === 'too-many-of-service') return this.later()
      discardDatagram(this.socket)
    }
    this.watch()
  }

  #rejectReason({ from }: WaitingDatagram): string | undefined {
    const { addresses, programs } = this.context
    const access = addresses.check(from.address)
    if (access !== 'permitted') return access
    if (this.backoff.holds(from.address)) return 'unread'
    return programs.rejectReason(from, this.service.limiter)
  }

  #start(program: Program, datagram: WaitingDatagram): void {
    const { address } = datagram.from
    this.start(program, datagram.from, () => {
      if (peekDatagram(this.socket)?.receivedAt !== datagram.receivedAt) {
        this.backoff.succeeded(address)
        return this.watch()
      }
      // Left there it would start the program again, and again.
      discardDatagram(this.socket)
      this.reject(address, 'unread')
      this.later(this.backoff.failed(address))
    })
  }
}
