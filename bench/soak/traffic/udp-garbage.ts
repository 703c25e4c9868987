import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { pause, type Traffic } from './traffic.ts'

const EVERY_MILLIS = 100
/** A source of its own, so that the limits of each source do not count it with the measuring clients. */
const SOURCE = '127.0.7.1'
const LONGEST = 1400

/** Datagrams that are no message of any protocol, to every UDP port of the yard. */
export const udpGarbage: Traffic = async ({ targets, signal, random, tally }) => {
  const { udpEcho, daytimeUdp, timeUdp, sctpUdp, inetdUdpEcho, ntp, multicast } = targets
  const ports = [udpEcho, daytimeUdp, timeUdp, sctpUdp, inetdUdpEcho, ntp]
  const socket = createSocket('udp4').on('error', (error) => tally('garbage').fail(error.message))
  socket.bind(0, SOURCE)
  await once(socket, 'listening')
  socket.setMulticastInterface('127.0.0.1')
  for (let sent = 0; !signal.aborted; sent += 1) {
    const bytes = Uint8Array.from({ length: Math.floor(random() * LONGEST) }, () =>
      Math.floor(random() * 256),
    )
    const port = ports[sent % (ports.length + 1)]
    if (port === undefined) socket.send(bytes, multicast.port, multicast.group, () => {})
    else socket.send(bytes, port, '127.0.0.1', () => {})
    tally('garbage').add({ sent: 1 })
    await pause(EVERY_MILLIS, signal)
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()))
}
