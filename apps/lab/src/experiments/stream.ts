import type { Experiment } from '../experiment.ts'
import { fragmentsOf } from '../fragments.ts'
import type { Lab } from '../lab.ts'
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
    return 'What must be one message over TCP says so itself: a length, a line end, a NUL.'
  },
}

function bytes(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  client.getsockopt(
    'TCP_MAXSEG',
    'TCP cuts the stream into segments of this much at most (MSS), however we send.',
  )
  for (const word of ['bonjour', 'les', 'amis']) client.send(word, 'Three sends over TCP …')
  server.recv(100, '… and one recv has them all: where one ended is not told.')
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
  server.recv(LARGEST, 'IP has put it together again: recv never sees a fragment.')
  client.send(new Uint8Array(LARGEST).fill(120), fragmentText(LARGEST))
  server.recv(LARGEST, 'The longest there is over IPv4: 65,535 less 20 of IP and 8 of UDP.')
  client.send(new Uint8Array(LARGEST + 1).fill(120), 'One byte more, and the kernel refuses it.')
}

function fragmentText(size: number): string {
  const count = fragmentsOf(size, ETHERNET_MTU)
  return `Where the MTU is ${ETHERNET_MTU}, IP carries it in ${count} fragments; lose one, lose it all.`
}
