import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const IMAGE = 'nats:2-alpine'
/** Below the ports that the kernel gives to connections: the server has the same one after a restart. */
const FIRST_PORT = 20_000
const PORTS = 12_000
const ATTEMPTS = 10

const run = promisify(execFile)

/** A NATS server with JetStream in a container, at a port of 127.0.0.1. */
export class NatsServer implements AsyncDisposable {
  readonly url: string
  readonly #id: string

  private constructor(id: string, port: number) {
    this.#id = id
    this.url = `nats://127.0.0.1:${port}`
  }

  /** @param options of nats-server(8), beside `--jetstream` */
  static async start(...options: readonly string[]): Promise<NatsServer> {
    for (let attempt = 1; ; attempt += 1) {
      const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
      const published = ['--publish', `127.0.0.1:${port}:4222`]
      try {
        const { stdout } = await run('docker', [
          'run',
          '--detach',
          ...published,
          IMAGE,
          '--jetstream',
          '--store_dir',
          '/data',
          ...options,
        ])
        return new NatsServer(stdout.trim(), port)
      } catch (error) {
        if (attempt === ATTEMPTS) throw error
        await sleep(100)
      }
    }
  }

  /** Ends it at once, without a word to its clients. */
  async kill(): Promise<void> {
    await run('docker', ['kill', this.#id])
  }

  /** With what it had stored. */
  async restart(): Promise<void> {
    await run('docker', ['start', this.#id])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('docker', ['rm', '--force', '--volumes', this.#id])
  }
}
