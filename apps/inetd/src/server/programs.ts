import type { Socket } from 'node:net'
import { dirname } from 'node:path'

import { LocalPeerCounter } from '@sockyard/net/access'
import { clientPrefix } from '@sockyard/net/address'
import type { NativeSocket } from '@sockyard/posix/socket'

import type { Program } from '../configuration/definition.ts'
import type { ClientLists } from '../configuration/load-configuration.ts'
import { addressShare, type ProgramLimiter, type ProgramRejection } from './program-limiter.ts'
import { type End, type ProgramProcess, startProgram } from './program-processes.ts'

/** Between SIGTERM and SIGKILL. */
const TERM_MILLIS = 120

/** The client, where its address is known. */
export interface Peer {
  address: string
  port: number
}

/** The client of a stream `wait` service is not known to inetd: of one service all count as one. */
export const UNKNOWN_CLIENT: Peer = { address: '*', port: 0 }

/** A program for a client. */
export interface ClientProgram {
  program: Program
  /** A connection, or the service's own socket. The caller closes its own end of a connection afterwards. */
  socket: Socket | NativeSocket
  peer: Peer
  /** Of the service. */
  limiter: ProgramLimiter
  /** Called once, never before `start` has returned. */
  onEnd: (end: End) => void
}

/** The programs of all services that run for clients: only this class ends them. */
export class Programs {
  readonly #running = new Set<ProgramProcess>()
  readonly #counter = new LocalPeerCounter()
  readonly #maximum: number
  readonly #fixed: Readonly<Record<string, string>>
  readonly #settled: (() => void)[] = []

  /**
   * @param node the path of the node that runs us: the yard's own apps find it first on their PATH
   * @param lists those apps hold them too, for what they accept and read by themselves
   */
  constructor(maximum: number, node: string, { allow, deny }: ClientLists) {
    this.#maximum = maximum
    this.#fixed = {
      PATH: `${dirname(node)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      ...(allow.length > 0 && { SOCKYARD_ALLOW: allow.join(',') }),
      ...(deny.length > 0 && { SOCKYARD_DENY: deny.join(',') }),
    }
  }

  /** Undefined when a program of this service may be started for the client, which is then to be done. */
  rejectReason(peer: Peer, limiter: ProgramLimiter): ProgramRejection | undefined {
    if (this.#counter.total >= this.#maximum) return 'too-many'
    const isKnown = peer !== UNKNOWN_CLIENT
    if (isKnown && this.#counter.count(clientPrefix(peer.address)) >= addressShare(this.#maximum))
      return 'too-many-from-address'
    return limiter.rejectReason(peer.address)
  }

  /**
   * Starts a program with the socket as its descriptors 0, 1 and 2, in a session of its own, in `/`.
   *
   * @returns undefined when there is no process; `onEnd` says why
   */
  start({ program, socket, peer, limiter, onEnd }: ClientProgram): ProgramProcess | undefined {
    this.#counter.acquire(clientPrefix(peer.address))
    limiter.acquire(peer.address)
    const environment = this.#environment(program, peer)
    const started = startProgram({ program, environment, socket, onEnd: ended.bind(this) })
    if (started !== undefined) this.#running.add(started)
    return started

    function ended(this: Programs, end: End): void {
      if (started !== undefined) this.#running.delete(started)
      this.#counter.release(clientPrefix(peer.address))
      limiter.release(peer.address)
      onEnd(end)
      if (this.#running.size === 0) for (const settle of this.#settled.splice(0)) settle()
    }
  }

  /** SIGTERM to each, and to those that are still there a moment later SIGKILL. */
  async end(): Promise<void> {
    this.#kill('SIGTERM')
    const timer = setTimeout(() => this.#kill('SIGKILL'), TERM_MILLIS)
    await this.none()
    clearTimeout(timer)
  }

  /** Resolves once none runs. */
  none(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#settled.push(resolve))
  }

  #kill(signal: NodeJS.Signals): void {
    for (const each of this.#running) each.kill(signal)
  }

  #environment({ account }: Program, peer: Peer): Record<string, string> {
    const { name, home, shell } = account
    return {
      ...this.#fixed,
      HOME: home,
      SHELL: shell,
      USER: name,
      LOGNAME: name,
      ...(peer !== UNKNOWN_CLIENT && {
        REMOTE_ADDR: peer.address,
        REMOTE_PORT: String(peer.port),
      }),
    }
  }
}
