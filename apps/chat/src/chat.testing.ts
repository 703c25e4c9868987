import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { type RunningApp, startApp } from '@sockyard/testkit/process'

const TIMEOUT_MILLIS = 10_000

/** A telnet client: sends input, and keeps what it received. */
export class Peer implements AsyncDisposable {
  readonly socket: Socket
  /** Everything heard so far, or the last of it: see `remember`. */
  heard = ''
  /** So many characters are remembered; for tests that send much. */
  remember = Number.POSITIVE_INFINITY
  readonly closed: Promise<void>

  constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  /** The name the server gave. */
  async name(): Promise<string> {
    const [, name] = await this.hears(/^\* welcome, you are (\S+);/)
    return name ?? ''
  }

  type(text: string | Uint8Array): this {
    this.socket.write(text)
    return this
  }

  /** Resolves once `pattern` stands in what was heard. */
  async hears(pattern: RegExp | string): Promise<RegExpExecArray> {
    const wanted = typeof pattern === 'string' ? new RegExp(RegExp.escape(pattern)) : pattern
    const deadline = AbortSignal.timeout(TIMEOUT_MILLIS)
    for (;;) {
      const found = wanted.exec(this.heard)
      if (found !== null) return found
      if (this.socket.closed) throw new Error(`closed without ${wanted}; heard: ${this.heard}`)
      const more = Promise.race([once(this.socket, 'data', { signal: deadline }), this.closed])
      await more.catch((error: unknown) => {
        throw new Error(`did not hear ${wanted}, but: ${this.heard.slice(-2_000)}`, {
          cause: error,
        })
      })
    }
  }

  #hear(text: string): void {
    this.heard += text
    if (this.heard.length > this.remember) this.heard = this.heard.slice(-this.remember)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    await this.closed
  }
}

/** Connects as a plain client. */
export async function peer(port: number, host = '127.0.0.1'): Promise<Peer> {
  const socket = connect({ port, host, noDelay: true })
  const connecting = new Peer(socket)
  await once(socket, 'connect')
  return connecting
}

/** A connected client with the name `nick`. */
export async function member(port: number, nick: string): Promise<Peer> {
  const joined = await peer(port)
  joined.type(`/nick ${nick}\n`)
  await joined.hears(`is now ${nick}\n`)
  return joined
}

/** A chat of its own for a test, on a free port of 127.0.0.1. */
export async function startChat(
  ...options: readonly string[]
): Promise<{ app: RunningApp; port: number } & AsyncDisposable> {
  const app = await startApp('chat', ['--host', '127.0.0.1', '--port', '0', ...options])
  const { port } = await app.listening('tcp')
  return { app, port, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

/** The value of a metric, 0 when it is not there; labels as Prometheus writes them: `{reason="idle"}`. */
export async function metric(app: RunningApp, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${await app.adminPort()}/metrics`)
  const line = (await response.text()).split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.split(' ').at(-1) ?? 0)
}
