import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const PATIENCE_MILLIS = 10_000

/** Somebody with telnet: types, and remembers what was heard. */
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
    const deadline = AbortSignal.timeout(PATIENCE_MILLIS)
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

/** Connects as anybody would. */
export async function peer(port: number, host = '127.0.0.1'): Promise<Peer> {
  const socket = connect({ port, host, noDelay: true })
  const connecting = new Peer(socket)
  await once(socket, 'connect')
  return connecting
}

/** Somebody who is in and goes by `nick`. */
export async function member(port: number, nick: string): Promise<Peer> {
  const joined = await peer(port)
  joined.type(`/nick ${nick}\n`)
  await joined.hears(`is now ${nick}\n`)
  return joined
}
