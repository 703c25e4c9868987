import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { decodeMulticastDatagram, type MulticastDatagram } from '@sockyard/protocol/multicast'
import {
  type MulticastSendEvent,
  multicastSendEvent,
  multicastSendLine,
} from '@sockyard/protocol/results'
import type { LogLine } from '@sockyard/testkit/process'
import { expect } from 'vitest'

const PORT = 4321

interface Received extends MulticastDatagram {
  bytes: number
  source: string
}

/** A receiver of one group on loopback. */
export interface Listener extends Disposable {
  /** What came so far. */
  readonly received: readonly Received[]
  /** The first `count` of it, once they are there. */
  next: (count: number) => Promise<readonly Received[]>
}

export async function listenTo(group: string): Promise<Listener> {
  const socket: Socket = createSocket({ type: 'udp4', reuseAddr: true }).bind(PORT, group)
  await once(socket, 'listening')
  socket.addMembership(group, '127.0.0.1')
  socket.setRecvBufferSize(4 * 1024 * 1024)
  const received: Received[] = []
  socket.on('message', (bytes, { address }) => {
    const read = decodeMulticastDatagram(bytes)
    if (read.ok) received.push({ ...read.value, bytes: bytes.length, source: address })
  })
  return {
    received,
    async next(count) {
      await expect.poll(() => received.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count)
      return received.slice(0, count)
    },
    [Symbol.dispose]: () => void socket.close(),
  }
}

type EventName = MulticastSendEvent['event']
type Data<Name extends EventName> = Extract<MulticastSendEvent, { event: Name }>['data']

/** The events of this name; all lines are checked against the schema. */
export function told<Name extends EventName>(
  output: string | readonly LogLine[],
  name: Name,
): Data<Name>[] {
  const lines =
    typeof output === 'string'
      ? output
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as LogLine)
      : output
  for (const line of lines) multicastSendLine.parse(line)
  return lines
    .filter(({ event }) => event === name)
    .map((line) => multicastSendEvent.parse(line).data as Data<Name>)
}

/** 0, 1, 2 … as the header has them. */
export function numbers(count: number): bigint[] {
  return Array.from({ length: count }, (_, number) => BigInt(number))
}
