import { MSG } from '@sockyard/posix/message-flags'
import type { NativeSocket } from '@sockyard/posix/native-socket'
import { listenAnywhere } from '@sockyard/service/listen'

import type { Peer } from './children.ts'
import type { Program } from './definition.ts'
import { openHandedOverSocket, peerOf } from './handed-over-socket.ts'
import type { Listener, Service } from './service.ts'
import type { Surroundings } from './surroundings.ts'

/** How soon a service is looked at again whose program may not be started now. */
const PATIENCE_MILLIS = 250
/** And when its program has failed: what it was started for may still be there, whoever has sent it. */
const AFTER_FAILURE_MILLIS = 1000
/** Datagrams that are refused in one go, before others get their turn. */
const REFUSED_AT_ONCE = 64
/** Whoever connects to a `wait` service is known only to its program: they count as one. */
const ANYBODY: Peer = { address: '*', port: 0 }

/**
 * Listens for a program that gets the service's own socket (`wait`): it is started when something comes, and
 * the socket is left alone until it has ended.
 */
export async function openHandedOverListener(
  service: Service,
  address: string,
  surroundings: Surroundings,
): Promise<Listener> {
  const { label, port, entry } = service.definition
  const { transport, family } = entry
  const socket = await listenAnywhere({ host: address, port, family }, async (host, ipv6Only) =>
    openHandedOverSocket(transport, { host, port, ipv6Only }),
  )
  const local = peerOf(socket.localAddress())
  surroundings.log.info({ service: label, transport, ...local }, 'listening')
  const listener = new HandedOverListener(service, socket, surroundings)
  listener.watch()
  return listener
}

class HandedOverListener implements Listener {
  readonly #service: Service
  readonly #socket: NativeSocket
  readonly #surroundings: Surroundings
  readonly #first = new Uint8Array(1)
  #forget: (() => void) | undefined
  #endProgram: (() => void) | undefined

  constructor(service: Service, socket: NativeSocket, surroundings: Surroundings) {
    this.#service = service
    this.#socket = socket
    this.#surroundings = surroundings
  }

  watch(): void {
    if (this.#socket.closed) return
    this.#forget = this.#surroundings.readiness.watch(this.#socket.descriptor, () => this.#ready())
  }

  /** The program may go on with its own copy of the socket; at the end it is told to stop taking more. */
  stop(_drained: AbortSignal, isEnd: boolean): Promise<void> {
    this.#forget?.()
    this.#socket.close()
    if (isEnd) this.#endProgram?.()
    return Promise.resolve()
  }

  #ready(): void {
    if (this.#socket.closed) return
    const { run, entry } = this.#service.definition
    if (run.internal !== undefined) return
    if (entry.transport === 'udp') this.#datagram(run.program)
    else if (this.#mayStart(ANYBODY) === undefined) this.#start(run.program, ANYBODY)
    else this.#later()
  }

  /** Datagrams of sources that have had their share are taken away, so that the next one gets its turn. */
  #datagram(program: Program): void {
    for (let refused = 0; refused < REFUSED_AT_ONCE; refused += 1) {
      const peer = this.#nextSource()
      if (peer === undefined) break
      const reason = this.#mayStart(peer)
      if (reason === undefined) return this.#start(program, peer)
      // There is no room for anybody: the datagram waits, its sender is not to blame.
      if (reason.startsWith('too-many')) return this.#later()
      this.#socket.receive(this.#first, MSG.DONTWAIT)
    }
    this.watch()
  }

  /** Undefined when nothing is there (any more). An error of the network that waited is taken as nothing. */
  #nextSource(): Peer | undefined {
    try {
      return peerOf(this.#socket.receiveFrom(this.#first, MSG.PEEK | MSG.DONTWAIT)?.from)
    } catch {
      return undefined
    }
  }

  #mayStart({ address }: Peer): string | undefined {
    const { addresses, children, tallies, limited } = this.#surroundings
    const { label, visits } = this.#service
    const access = address === ANYBODY.address ? 'permitted' : addresses.check(address)
    const reason = access === 'permitted' ? visits.refusal(address, children.isFull) : access
    if (reason === undefined) return undefined
    tallies.refused(label, reason)
    limited.info({ service: label, address, reason }, 'refused')
    return reason
  }

  #start(program: Program, peer: Peer): void {
    const { children, tallies, limited } = this.#surroundings
    const { label, visits } = this.#service
    const since = performance.now()
    visits.enter(peer.address)
    const known = peer === ANYBODY ? undefined : peer
    const child = children.start(program, this.#socket.descriptor, known, (end) => {
      this.#endProgram = undefined
      visits.leave(peer.address)
      tallies.ended(label, end)
      const seconds = Math.round(performance.now() - since) / 1000
      limited.info({ service: label, pid: child?.pid, ...known, end, seconds }, 'ended')
      // Of a datagram the source is known, and slowed down alone.
      if (end === '0' || known !== undefined) this.watch()
      else this.#later(AFTER_FAILURE_MILLIS)
    })
    if (child === undefined) return
    this.#endProgram = () => void child.kill('SIGTERM')
    tallies.started(label)
    limited.info({ service: label, pid: child.pid, ...known }, 'started')
  }

  #later(millis = PATIENCE_MILLIS): void {
    const timer = setTimeout(() => this.watch(), millis)
    this.#forget = () => clearTimeout(timer)
  }
}
