import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'

import type { Program } from './definition.ts'

/** Between SIGTERM and SIGKILL. */
const TERM_MILLIS = 120

/** How a program ended: its exit code, the name of a signal, or the errno why it was not started. */
export type End = string

/** Who is served: the peer's address, where it is known. */
export interface Peer {
  address: string
  port: number
}

/** The programs that run for visitors, each one's process ours alone to wait for and to end. */
export class Children {
  readonly #running = new Set<ChildProcess>()
  readonly #maximum: number
  readonly #nodeFolder: string

  /** @param node the path of the node that runs us: the yard's own apps find it first on their PATH */
  constructor(maximum: number, node: string) {
    this.#maximum = maximum
    this.#nodeFolder = dirname(node)
  }

  get isFull(): boolean {
    return this.#running.size >= this.#maximum
  }

  /**
   * Starts a program with the socket as its descriptors 0, 1 and 2, in a session of its own, in `/`. The caller
   * closes its own end of the socket afterwards.
   *
   * @param socket a connection, or the number of a descriptor
   * @param onEnd called once, never before `start` has returned
   * @returns undefined when there is no process; `onEnd` says why
   */
  start(
    program: Program,
    socket: Socket | number,
    peer: Peer | undefined,
    onEnd: (end: End) => void,
  ): ChildProcess | undefined {
    try {
      const child = spawn(program.path, program.words.slice(1), {
        argv0: program.words[0] ?? '',
        cwd: '/',
        env: this.#environment(program, peer),
        stdio: [socket, socket, socket],
        detached: true,
        ...program.identity,
      })
      this.#watch(child, onEnd)
      return child.pid === undefined ? undefined : child
    } catch (error) {
      setImmediate(onEnd, codeOf(error))
      return undefined
    }
  }

  /** SIGTERM to each, and to those that are still there a moment later SIGKILL. */
  async end(): Promise<void> {
    const ended = [...this.#running].map((child) => exited(child))
    for (const child of this.#running) child.kill('SIGTERM')
    const timer = setTimeout(() => {
      for (const child of this.#running) child.kill('SIGKILL')
    }, TERM_MILLIS)
    await Promise.all(ended)
    clearTimeout(timer)
  }

  /** Resolves once none runs. */
  async none(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running].map(exited))
  }

  #watch(child: ChildProcess, onEnd: (end: End) => void): void {
    const over = (end: End): void => {
      this.#running.delete(child)
      onEnd(end)
    }
    child.on('error', (error) => {
      if (child.pid === undefined) over(codeOf(error))
    })
    if (child.pid === undefined) return
    this.#running.add(child)
    child.once('exit', (code, signal) => over(signal ?? String(code)))
  }

  #environment({ account }: Program, peer: Peer | undefined): NodeJS.ProcessEnv {
    const { name, home, shell } = account
    return {
      PATH: `${this.#nodeFolder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: home,
      SHELL: shell,
      USER: name,
      LOGNAME: name,
      ...(peer && { REMOTE_ADDR: peer.address, REMOTE_PORT: String(peer.port) }),
    }
  }
}

function exited(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'OTHER'
}
