import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { vi } from 'vitest'

import { PATIENCE } from '../browser.testing.ts'
import { startConsole } from '../console.testing.ts'

interface ChatAndConsole extends AsyncDisposable {
  chat: RunningApp
  chatPort: number
  /** Of the console. */
  port: number
  /** Those of the console. */
  metrics(): Promise<string>
}

/** A chat server, and a console whose pages take part in it. */
export async function startChatAndConsole(
  options: { chat?: readonly string[]; console?: readonly string[] } = {},
): Promise<ChatAndConsole> {
  const local = ['--host', '127.0.0.1', '--port', '0']
  const chat = await startApp('chat', [...local, ...(options.chat ?? [])])
  const { port: chatPort } = await chat.listening('tcp')
  const server = ['--chat-server', `127.0.0.1:${chatPort}`]
  const { app, port } = await startConsole([...server, ...(options.console ?? [])])
  return {
    chat,
    chatPort,
    port,
    async metrics() {
      return (await fetch(`http://127.0.0.1:${await app.adminPort()}/metrics`)).text()
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      await chat[Symbol.asyncDispose]()
    },
  }
}

/** A member as telnet is one, at 127.0.0.9: what it types, and what it reads. */
export class TelnetUser implements Disposable {
  readonly #socket: Socket
  #heard = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('utf8').on('data', (text: string) => (this.#heard += text))
    socket.on('error', () => {})
  }

  static async join(port: number, name: string): Promise<TelnetUser> {
    const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.9' })
    await once(socket, 'connect')
    const user = new TelnetUser(socket)
    user.type(`/nick ${name}`)
    await user.hears(`is now ${name}\n`)
    return user
  }

  type(line: string): void {
    this.#socket.write(`${line}\n`)
  }

  async hears(wanted: string | RegExp): Promise<void> {
    const pattern = typeof wanted === 'string' ? new RegExp(RegExp.escape(wanted)) : wanted
    await vi.waitFor(() => {
      if (!pattern.test(this.#heard)) throw new Error(`did not hear ${wanted}: ${this.#heard}`)
    }, PATIENCE)
  }

  /** Several that come or go are told in one line; who is named late has joined under another name. */
  async hearsThat(name: string, what: 'joined' | 'left'): Promise<void> {
    const together = `^\\* (.+, )?${name}(, .+)? ${what}$`
    const named = what === 'joined' ? `|is now ${name}$` : ''
    await this.hears(new RegExp(together + named, 'm'))
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}
