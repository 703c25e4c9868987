import type { Experiment, Lab } from '../lab.ts'
import { tcpPair, udpPair } from '../sockets.ts'

const LARGEST = 65_507
const ETHERNET_MTU = 1_500

/** TCP keeps bytes, UDP keeps messages; and how long a message may be. */
export const stream: Experiment = {
  name: 'stream',
  summary: 'TCP is a stream of bytes, UDP keeps messages; how long one may be, and its fragments',
  play(lab) {
    bytes(lab)
    messages(lab)
    longMessages(lab)
    return 'A protocol over TCP marks its messages itself: by a length, a line end, a NUL.'
  },
}

function bytes(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  client.getsockopt(
    'TCP_MAXSEG',
    'TCP cuts the stream into segments of this much at most (MSS), however we send.',
  )
  for (const word of ['bonjour', 'les', 'amis']) client.send(word, 'Three sends over TCP …')
  server.recv(100, '… and one recv has them all: the boundaries are lost.')
  client.send('bonjour les amis', 'And one send …')
  server.recv(7, '… can be taken in parts;')
  server.recv(100, 'nothing is lost.')
}

function messages(lab: Lab): void {
  const { client, server } = udpPair(lab)
  for (const word of ['bonjour', 'les', 'amis']) client.send(word, 'Three sends over UDP …')
  for (const _ of [1, 2, 3]) server.recv(100, '… are three messages, however much room there is.')
}

function longMessages(lab: Lab): void {
  const { client, server } = udpPair(lab)
  client.send(new Uint8Array(8_192).fill(120), fragmentText(8_192))
  server.recv(LARGEST, 'IP reassembled it: recv never sees a fragment.')
  client.send(new Uint8Array(LARGEST).fill(120), fragmentText(LARGEST))
  server.recv(LARGEST, 'The longest there is over IPv4: 65,535 less 20 of IP and 8 of UDP.')
  client.send(new Uint8Array(LARGEST + 1).fill(120), 'One byte more fails.')
}

function fragmentText(size: number): string {
  const count = fragmentsOf(size, ETHERNET_MTU)
  return `Where the MTU is ${ETHERNET_MTU}, IP carries it in ${count} fragments; one lost fragment loses the whole message.`
}

const IPV4_HEADER_BYTES = 20
const UDP_HEADER_BYTES = 8
/** RFC 791, section 3.1: where a fragment begins is counted in units of 8 bytes. */
const OFFSET_UNIT_BYTES = 8

/**
 * How many IPv4 packets carry one UDP message (RFC 791, section 3.2).
 *
 * @param size bytes of the message, without headers
 * @param mtu bytes of the largest packet, header and all
 */
export function fragmentsOf(size: number, mtu: number): number {
  const datagram = UDP_HEADER_BYTES + size
  if (IPV4_HEADER_BYTES + datagram <= mtu) return 1
  const room = mtu - IPV4_HEADER_BYTES
  const each = room - (room % OFFSET_UNIT_BYTES)
  // The last one need not end at a unit.
  return Math.ceil((datagram - room) / each) + 1
}
