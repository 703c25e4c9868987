import { createSocket } from 'node:dgram'

import { Forger } from './forge.ts'

/** An NTP request (RFC 5905, mode 3); the other services answer anything. */
const QUESTION = Uint8Array.of(0x23, ...Array<number>(47).fill(0))
const WAIT_MILLIS = 1_500

/** Asks from this host's first address. @returns where the answer came from; undefined when none came */
function ask(address: string, port: number): Promise<string | undefined> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  return new Promise<string | undefined>((resolve) => {
    socket.bind(0, () => {
      if (!address.includes(':')) socket.setBroadcast(true)
      socket.send(QUESTION, port, address)
    })
    socket.once('message', (_bytes, from) => resolve(from.address))
    setTimeout(resolve, WAIT_MILLIS, undefined)
  }).finally(() => socket.close())
}

const [port = '0', ...addresses] = process.argv.slice(2)
const answers: Record<string, string | null> = {}
for (const address of addresses) answers[address] = (await ask(address, Number(port))) ?? null
using forger = new Forger('IPv6')
forger.send({
  from: { address: '::ffff:127.0.0.1', port: 40_000 },
  to: { address: 'fd77::1', port: Number(port) },
  payload: QUESTION,
})
process.stdout.write(JSON.stringify(answers))
