import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { now } from '@sockyard/net/clock'
import {
  decodeNtpPacket,
  encodeNtpPacket,
  type NtpFields,
  type NtpPacket,
  toNtpTimestamp,
} from '@sockyard/protocol/ntp'
import { type RunningApp, startApp } from '@sockyard/testkit/process'

import { fieldsAt } from './packets.testing.ts'

export const BROADCAST = '127.255.255.255'

/** A free port: bound once, and closed again. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

/** A listener of its own for a test, on the loopback interface. */
export async function startListener(
  ...options: readonly string[]
): Promise<{ app: RunningApp; port: number } & AsyncDisposable> {
  const port = await freePort()
  const where = ['--port', String(port), '--interface', '127.0.0.1', '--group', '224.0.1.1']
  const app = await startApp('sntp-listener', [...where, ...options])
  await app.waitForLog(({ event }) => event === 'start')
  return { app, port, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

/** What a peer answers to a request, if anything: packets, in this order. */
export type Answer = (request: NtpPacket, receivedAt: bigint) => readonly NtpFields[]

/** The reply of an honest server whose clock is `ahead` nanoseconds ahead. */
export function honestReply(
  request: NtpPacket,
  receivedAt: bigint,
  changes: Partial<NtpFields> = {},
  ahead = 0n,
): NtpFields {
  return {
    ...fieldsAt(now() + ahead),
    mode: 4,
    originRaw: request.transmitRaw,
    receiveRaw: toNtpTimestamp(receivedAt + ahead),
    ...changes,
  }
}

/** An NTP server or broadcaster with given behaviour. */
export class Peer implements Disposable {
  /** Requests that came. */
  asked = 0
  answer: Answer
  readonly #socket: Socket

  private constructor(socket: Socket, answer: Answer) {
    this.#socket = socket
    this.answer = answer
    socket.setBroadcast(true)
    socket.on('message', (bytes, from) => {
      const receivedAt = now()
      const request = decodeNtpPacket(bytes, receivedAt)
      if (!request.ok || request.value.mode !== 3) return
      this.asked += 1
      for (const fields of this.answer(request.value, receivedAt))
        socket.send(encodeNtpPacket(fields), from.port, from.address)
    })
  }

  static async open(answer: Answer = () => [], address = '127.0.0.1'): Promise<Peer> {
    const socket = createSocket('udp4').bind(0, address)
    await once(socket, 'listening')
    return new Peer(socket, answer)
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Broadcasts on the loopback interface. */
  broadcast(bytes: Uint8Array, port: number): Promise<void> {
    return new Promise((resolve) => this.#socket.send(bytes, port, BROADCAST, () => resolve()))
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}
