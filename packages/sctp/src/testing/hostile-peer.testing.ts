import type { Chunk, DataChunk, InitChunk } from '../wire/chunk.ts'
import { encodePacket } from '../wire/packet.ts'
import { tsnPlus } from '../wire/serial-number.ts'
import type { VirtualHost, VirtualNetwork } from './virtual-network.testing.ts'

const INITIAL_TSN = 1000

/** A peer played by hand, which keeps to the handshake and after it to nothing. */
export class HostilePeer {
  readonly #server: VirtualHost
  readonly #from: { address: string; port: number; local: string }
  readonly #port: number
  /** The server's verification tag and cookie. */
  #tag = 0
  #cookie = new Uint8Array(0)
  /** Packets that the server sent to it. */
  readonly received: Chunk[][] = []

  constructor(
    network: VirtualNetwork,
    server: VirtualHost,
    { address = '192.0.2.66', port = 4000, addresses = [] as string[] } = {},
  ) {
    this.#server = server
    this.#port = port
    this.#from = { address, port: 9899, local: server.at.address }
    network.onSent(this.#from, (packet) => this.received.push(packet.chunks))
    this.#sendInit(addresses)
  }

  #sendInit(addresses: readonly string[]): void {
    const init: InitChunk = {
      kind: 'init',
      initiateTag: 0xabcd,
      window: 100_000,
      outboundStreams: 16,
      inboundStreams: 16,
      initialTsn: INITIAL_TSN,
      parameters: addresses.map((address) => ({ kind: 'address', address })),
    }
    this.send([init])
    const answer = this.received.at(-1)?.[0]
    if (answer?.kind !== 'init-ack') throw new Error('the server did not answer INIT')
    this.#tag = answer.initiateTag
    for (const parameter of answer.parameters)
      if (parameter.kind === 'cookie') this.#cookie = Uint8Array.from(parameter.cookie)
  }

  /** COOKIE ECHO, with other chunks behind it in the same packet. */
  sendCookie(...behind: Chunk[]): void {
    this.send([{ kind: 'cookie-echo', cookie: this.#cookie }, ...behind])
  }

  /** One packet, at once. */
  send(chunks: Chunk[]): void {
    const packet = {
      sourcePort: this.#port,
      destinationPort: this.#server.engine.localPort,
      verificationTag: this.#tag,
      chunks,
    }
    this.#server.receive(Uint8Array.from(encodePacket(packet)), this.#from)
  }
}

/** DATA with the TSN `ahead` of a hostile peer's first one, 0 being that. */
export const dataAt = (ahead: number, changes: Partial<DataChunk> = {}): DataChunk => ({
  kind: 'data',
  tsn: tsnPlus(INITIAL_TSN, ahead),
  stream: 0,
  sequence: 0,
  protocolId: 0,
  unordered: false,
  beginning: false,
  ending: false,
  immediate: false,
  data: new Uint8Array(1),
  ...changes,
})
