import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import type { Tally } from '../tally.ts'
import { pause, type Traffic, type TrafficContext } from './traffic.ts'

/** From one connection to the next, over all services. */
const EVERY_MILLIS = 250
/** How long an awkward client stays. */
const STAY_MILLIS = 4000
const BYTES = 20_000
const ANSWER_MILLIS = 20_000

type Client = (port: number, context: TrafficContext, tally: Tally) => Promise<void>

/** Connections that come and go: well-behaved ones, whose bytes are compared, and awkward ones. */
export const tcpChurn: Traffic = async (context) => {
  const { targets, signal, random } = context
  const tally = context.tally('tcp churn')
  const echoes = [targets.tcpEcho, targets.inetdEcho, targets.inetdCat]
  const all = [...echoes, targets.daytimeTcp, targets.chat]
  const open = new Set<Promise<void>>()
  while (!signal.aborted) {
    const isAwkward = random() < 0.5
    const client = isAwkward ? pick(AWKWARD, random) : echoed
    const port = pick(isAwkward ? all : echoes, random)
    const ended: Promise<void> = client(port, context, tally)
      .catch((error: unknown) => tally.fail(`port ${port}, ${client.name}: ${String(error)}`))
      .finally(() => open.delete(ended))
    open.add(ended)
    await pause(EVERY_MILLIS, signal)
  }
  await Promise.all(open)
}

function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)] as T
}

async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Sends, half-closes, and compares what comes back until the other side's FIN. */
async function echoed(port: number, { random }: TrafficContext, tally: Tally): Promise<void> {
  const socket = await connected(port)
  const sent = Buffer.alloc(1 + Math.floor(random() * BYTES), Math.floor(random() * 256))
  socket.setTimeout(ANSWER_MILLIS, () =>
    socket.destroy(new Error(`silent for ${ANSWER_MILLIS} ms`)),
  )
  socket.end(sent)
  const received: Buffer[] = []
  socket.on('data', (chunk: Buffer) => received.push(chunk))
  await once(socket, 'close')
  const same = Buffer.concat(received).equals(sent)
  tally.add({ sent: 1, received: same ? 1 : 0, malformed: same ? 0 : 1 })
  if (!same) {
    const bytes = received.reduce((sum, chunk) => sum + chunk.length, 0)
    tally.fail(`port ${port}: ${bytes} of ${sent.length} B came back; ${String(socket.errored)}`)
  }
}

async function resets(port: number): Promise<void> {
  const socket = await connected(port)
  socket.write('reset me\r\n')
  await new Promise((resolve) => setTimeout(resolve, 20))
  socket.resetAndDestroy()
}

async function idles(port: number, { signal }: TrafficContext): Promise<void> {
  const socket = await connected(port)
  await pause(STAY_MILLIS, signal)
  socket.destroy()
}

/** Sends more than fits into the buffers of its own side, and reads none of the answers. */
async function neverReads(port: number, { signal }: TrafficContext): Promise<void> {
  const socket = await connected(port)
  socket.pause()
  socket.write(Buffer.alloc(256 * 1024, 'x\n'))
  await pause(STAY_MILLIS, signal)
  socket.resetAndDestroy()
}

async function drips(port: number, { signal }: TrafficContext): Promise<void> {
  const socket = await connected(port)
  socket.resume()
  for (let sent = 0; sent < 20 && !signal.aborted && !socket.destroyed; sent += 1) {
    socket.write('y')
    await pause(STAY_MILLIS / 20, signal)
  }
  socket.destroy()
}

/** Telnet negotiation, controls and broken UTF-8 (RFC 854). */
async function babbles(port: number, { random }: TrafficContext): Promise<void> {
  const socket = await connected(port)
  socket.resume()
  for (let sent = 0; sent < 10; sent += 1) {
    socket.write(Uint8Array.from({ length: 64 }, () => Math.floor(random() * 256)))
    socket.write(Uint8Array.from([255, 253, Math.floor(random() * 256), 13, 10]))
  }
  await new Promise((resolve) => setTimeout(resolve, 200))
  socket.destroy()
}

const AWKWARD: readonly Client[] = [resets, idles, neverReads, drips, babbles]
