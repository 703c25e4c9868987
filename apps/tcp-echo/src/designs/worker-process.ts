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
  /** Undefined where there was no memory for it. */
  readonly #child: ChildProcess | undefined

  constructor({ module, rules, socket, onNews }: WorkerProcessOptions) {
    const args = [...process.execArgv, fileURLToPath(module), JSON.stringify(rules)]
    const stdio: StdioOptions = ['ignore', 'ignore', 'inherit', 'ipc', socket ?? 'ignore']
    try {
      const child = spawn(process.execPath, args, { stdio })
      child.on('message', (message) => onNews(message as News))
      this.#child = child
      this.pid = child.pid
      this.exited = endOf(child)
    } catch (error) {
      this.exited = Promise.resolve(String(error))
    }
  }

  order(order: Order): void {
    this.#send(order)
  }

  /** Hands a connection of node:net over; ours stays open, and is closed when the other has arrived. */
  pass(visitor: { id: number }, socket: Socket): void {
    this.#send(visitor, socket)
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  #send(message: object | string, socket?: Socket): void {
    // Whoever has gone needs no order.
    if (this.#child?.connected === true)
      this.#child.send(message, socket, { keepOpen: true }, () => undefined)
  }
}

/** Where it could not be started, the reason. */
async function endOf(child: ChildProcess): Promise<string> {
  const failed = new Promise<Error>((resolve) => child.on('error', resolve))
  if (child.pid === undefined) return (await failed).message
  // Not 'disconnect': there is none when it died with a socket on its way to it.
  const [code, signal] = await once(child, 'close')
  return signal === null ? `exit code ${code}` : String(signal)
}
