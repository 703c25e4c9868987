import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import type { News, Order, WorkerRules } from './messages.ts'

export interface WorkerProcessOptions {
  /** Runs in the process. What it imports costs time and memory once more. */
  module: URL
  rules: WorkerRules
  /** What it gets as SOCKET_DESCRIPTOR, a duplicate: the number of a descriptor, or a socket of node:net. */
  socket?: number | Socket | undefined
  onNews: (news: News) => void
}

/** A process that serves connections; it takes orders, and ends with this one whatever happens to it. */
export class WorkerProcess {
  readonly pid: number | undefined
  /** What it ended by, such as `SIGKILL` or `exit code 1`; when all that it told was heard. */
  readonly exited: Promise<string>
  readonly startedAt = performance.now()
  readonly #child: ChildProcess

  constructor({ module, rules, socket, onNews }: WorkerProcessOptions) {
    const args = [...process.execArgv, fileURLToPath(module), JSON.stringify(rules)]
    const stdio: StdioOptions = ['ignore', 'ignore', 'inherit', 'ipc', socket ?? 'ignore']
    this.#child = spawn(process.execPath, args, { stdio })
    this.pid = this.#child.pid
    this.#child.on('message', (message) => onNews(message as News))
    this.exited = this.#ended()
  }

  order(order: Order): void {
    this.#send(order)
  }

  /** Hands a connection of node:net over; it is no longer ours. */
  pass(visitor: { id: number }, socket: Socket): void {
    this.#send(visitor, socket)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #send(message: object | string, socket?: Socket): void {
    // Whoever has gone needs no order.
    if (this.#child.connected) this.#child.send(message, socket, {}, () => undefined)
    else socket?.destroy()
  }

  async #ended(): Promise<string> {
    const failed = new Promise<Error>((resolve) => this.#child.on('error', resolve))
    if (this.#child.pid === undefined) return (await failed).message
    const heard = once(this.#child, 'disconnect')
    const [code, signal] = await once(this.#child, 'exit')
    await heard
    return signal === null ? `exit code ${code}` : String(signal)
  }
}
