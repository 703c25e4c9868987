import { z } from 'zod'

const count = z.number().nonnegative()
const address = z.string().max(100)
const port = z.int().min(0).max(65_535)

const peer = z.looseObject({
  transport: z.enum(['tcp', 'udp', 'sctp']),
  localAddress: address,
  localPort: port,
  remoteAddress: address,
  remotePort: port,
  group: address.nullable(),
  receivedBytes: count,
  sentBytes: count,
  received: count.nullable(),
  sent: count.nullable(),
  last: z.iso.datetime(),
})

const peersAnswer = z.looseObject({
  service: z.string().max(64),
  peers: z.array(peer).max(256),
  memberships: z
    .array(z.looseObject({ group: address, interface: z.string().max(64), port }))
    .max(1_000),
})

/** Traffic of a service with one peer, as GET /peers tells it. */
export type Peer = z.output<typeof peer>
export type PeersAnswer = z.output<typeof peersAnswer>

/** @returns undefined when it is not what a service answers */
export function parsePeers(text: string): PeersAnswer | undefined {
  try {
    return peersAnswer.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
