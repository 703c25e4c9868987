import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import type { WorkerCommand, WorkerMessage } from './worker-messages.ts'

/** What a worker process runs, and the socket that it inherits. */
export interface WorkerProcessOptions {
  /** Runs in the process. What it imports costs time and memory once more. */
  module: URL
  /** Passed as JSON. */
  settings: object
  /** The number of a descriptor, of which it gets a duplicate as SOCKET_DESCRIPTOR. */
  socket?: number | undefined
  onMessage: (message: WorkerMessage) => void
}

/** A process that serves connections; it takes commands, and ends with this one whatever happens to it. */
export class WorkerProcess {
  readonly pid: number | undefined
  /** What it ended by, such as `SIGKILL` or `exit code 1`; when all its messages were received. */
  readonly exited: Promise<string>
  /** Undefined where there was no memory for it. */
  readonly #child: ChildProcess | undefined

  constructor({ module, settings, socket, onMessage }: WorkerProcessOptions) {
    const args = [...process.execArgv, fileURLToPath(module), JSON.stringify(settings)]
    const stdio: StdioOptions = ['ignore', 'ignore', 'inherit', 'ipc', socket ?? 'ignore']
    try {
      const child = spawn(process.execPath, args, { stdio })
      child.on('message', (message) => onMessage(message as WorkerMessage))
      this.#child = child
      this.pid = child.pid
      this.exited = endOf(child)
    } catch (error) {
      this.exited = Promise.resolve(String(error))
    }
  }

  command(command: WorkerCommand): void {
    this.#send(command)
  }

  /** Hands a connection of node:net over; ours stays open, and is closed when the other has arrived. */
  pass(connection: { id: number }, socket: Socket): void {
    this.#send(connection, socket)
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  #send(message: object | string, socket?: Socket): void {
    // A process that has ended needs no command.
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
