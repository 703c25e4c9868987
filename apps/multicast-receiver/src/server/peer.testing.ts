import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { endianness } from 'node:os'

import { ReceivedDatagrams, RECORD, RECORD_BYTES } from '@sockyard/posix/datagram'
import { encodeMulticastDatagram } from '@sockyard/protocol/multicast'
import {
  type MulticastReceiveEvent,
  multicastReceiveEvent,
  multicastReceiveLine,
} from '@sockyard/protocol/results'
import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { expect } from 'vitest'

export const PORT = 4321

/** A sender of given datagrams, over loopback. */
export class Peer implements Disposable {
  readonly #socket: Socket
  readonly #group: string

  constructor(socket: Socket, group: string) {
    this.#socket = socket
    this.#group = group
  }

  send(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve, reject) => {
      const sent = (error: Error | null): void => (error === null ? resolve() : reject(error))
      this.#socket.send(bytes, PORT, this.#group, sent)
    })
  }

  /** Sends datagrams with these numbers, one after the other. */
  async number(sender: number, ...sequences: number[]): Promise<void> {
    for (const sequence of sequences) await this.send(datagram(sender, sequence))
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}

/** @param from an address of 127.0.0.0/8 */
export async function peerOf(group: string, from = '127.0.0.1'): Promise<Peer> {
  const socket = createSocket('udp4').bind(0, from)
  await once(socket, 'listening')
  socket.setMulticastInterface('127.0.0.1')
  return new Peer(socket, group)
}

export function datagram(sender: number, sequence: number | bigint, text = ''): Uint8Array {
  const sentAt = Temporal.Now.instant().epochNanoseconds
  const payload = Buffer.from(text)
  return encodeMulticastDatagram({ sender, sequence: BigInt(sequence), sentAt, payload })
}

/** One datagram as a batch holds it, without a socket: received so soon after 1970. */
export function receivedOne(bytes: Uint8Array, { nanos }: { nanos: number }): ReceivedDatagrams {
  const records = new SharedArrayBuffer(RECORD_BYTES)
  const payload = new SharedArrayBuffer(bytes.length)
  const view = new DataView(records)
  new Uint8Array(payload).set(bytes)
  view.setInt32(RECORD.length, bytes.length, endianness() === 'LE')
  view.setInt32(RECORD.nanoseconds, nanos, endianness() === 'LE')
  const received = new ReceivedDatagrams({ records, payload, strideBytes: bytes.length })
  received.count = 1
  return received
}

/** A receiver on loopback that has joined its groups. */
export async function startReceiver(...args: string[]): Promise<RunningApp> {
  const app = await startApp('multicast-receiver', ['-I', '127.0.0.1', ...args])
  await ready(app)
  return app
}

/** Resolves once it has joined what it can. */
async function ready(app: RunningApp): Promise<void> {
  const port = await app.adminPort()
  const status = async (): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/readyz`)).status
  await expect.poll(status, { timeout: 10_000 }).toBe(200)
}

type EventName = MulticastReceiveEvent['event']
type Data<Name extends EventName> = Extract<MulticastReceiveEvent, { event: Name }>['data']

/** The events of this name so far, each checked against its schema. */
export function eventsOf<Name extends EventName>(app: RunningApp, name: Name): Data<Name>[] {
  return app.lines
    .filter(({ event }) => event === name)
    .map((line) => multicastReceiveEvent.parse(line).data as Data<Name>)
}

/** Resolves once so many datagrams were shown. */
export async function shown(app: RunningApp, count: number): Promise<Data<'sample'>[]> {
  await app.waitForLog(() => eventsOf(app, 'sample').length >= count)
  return eventsOf(app, 'sample')
}

/** Stops it, and gives the final report. */
export async function endOf(app: RunningApp): Promise<Data<'end'>> {
  app.kill('SIGTERM')
  await app.exited
  // Every line, also those that are no results.
  for (const line of app.lines) multicastReceiveLine.parse(line)
  const [end] = eventsOf(app, 'end')
  if (end === undefined) throw new Error(`no end: ${app.stdout} ${app.stderr}`)
  return end
}

/** One value of the metrics, 0 when it is not there. */
export async function metric(app: RunningApp, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${await app.adminPort()}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}
