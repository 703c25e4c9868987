import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { now } from '@sockyard/net/clock'
import {
  decodeNtpPacket,
  encodeNtpPacket,
  macOf,
  type NtpFields,
  type NtpKey,
  type NtpPacket,
} from '@sockyard/protocol/ntp'
import { type RunningApp, startApp } from '@sockyard/testkit/process'

/** A server of its own for a test, on a free port of 127.0.0.1. */
export async function startServer(
  ...options: readonly string[]
): Promise<{ app: RunningApp; port: number } & AsyncDisposable> {
  const app = await startApp('sntp-server', ['--host', '127.0.0.1', '--port', '0', ...options])
  const { port } = await app.listening('udp')
  return { app, port, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

/** A request, changed where a test says so, and signed with a key where one is given. */
export function requestWith(changes: Partial<NtpFields> = {}, key?: NtpKey): Uint8Array {
  const fields: NtpFields = {
    leap: 0,
    version: 4,
    mode: 3,
    stratum: 0,
    poll: 6,
    precision: 32,
    rootDelayNanos: 0n,
    rootDispersionNanos: 0n,
    referenceIdRaw: 0,
    referenceRaw: 0n,
    originRaw: 0n,
    receiveRaw: 0n,
    transmitRaw: 0x1234_5678_9abc_def0n,
    extensions: [],
    mac: null,
    ...changes,
  }
  return encodeNtpPacket(key === undefined ? fields : { ...fields, mac: macOf(key, fields) })
}

/** A client's socket that keeps what came. */
export class Client implements Disposable {
  readonly received: Uint8Array[] = []
  readonly #socket: Socket
  readonly #port: number

  private constructor(socket: Socket, port: number) {
    this.#socket = socket
    this.#port = port
    socket.on('message', (bytes) => this.received.push(Uint8Array.from(bytes)))
  }

  /** @param port the server's, on 127.0.0.1 */
  static async open(port: number, from = '127.0.0.1'): Promise<Client> {
    const socket = createSocket('udp4').bind(0, from)
    await once(socket, 'listening')
    return new Client(socket, port)
  }

  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) =>
      this.#socket.send(bytes, this.#port, '127.0.0.1', () => resolve()),
    )
  }

  /** Sends a request and waits for what comes next. */
  async ask(bytes: Uint8Array): Promise<Uint8Array> {
    const answer = once(this.#socket, 'message')
    await this.send(bytes)
    const [message] = await answer
    return Uint8Array.from(message)
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}

export function decoded(bytes: Uint8Array): NtpPacket {
  const result = decodeNtpPacket(bytes, now())
  if (!result.ok) throw result.error
  return result.value
}

/** The values of a metric, by its only label. */
export async function metric(app: RunningApp, name: string): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${await app.adminPort()}/metrics`)
  const lines = (await response.text()).matchAll(new RegExp(`^${name}{\\w+="(.*)"} (\\S+)$`, 'gm'))
  return new Map([...lines].map(([, label = '', value]) => [label, Number(value)]))
}
