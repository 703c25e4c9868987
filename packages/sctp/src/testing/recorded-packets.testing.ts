import { packetChecksum } from '../wire/crc32c.ts'
import type { VirtualHost } from './virtual-network.testing.ts'
import { VirtualNetwork } from './virtual-network.testing.ts'

/** Packets of a whole life: handshake, data with losses, heartbeats, shutdown, errors. */
export function recordedPackets(): Uint8Array[] {
  const network = new VirtualNetwork({ loss: 0.1, seed: 5 })
  const server = network.host({ address: '192.0.2.1' })
  const client = network.host({ address: '192.0.2.2' })
  const association = client.associate(server)
  network.run(60_000, () => client.state(association) === 'ESTABLISHED')
  for (let index = 0; index < 20; index += 1) {
    client.send(association, { stream: index % 4, data: new Uint8Array(50 + index * 200) })
  }
  network.pass(100_000)
  client.shutdown(association)
  network.pass(20_000)
  return network.sent.map(({ bytes }) => bytes)
}

/** A server with one association, whose peer is gone, and the tag that packets to it carry. */
export function victim(): { network: VirtualNetwork; server: VirtualHost; tag: number } {
  const network = new VirtualNetwork({ seed: 7 })
  const server = network.host({ address: '192.0.2.1' })
  const client = network.host({ address: '192.0.2.2' })
  client.associate(server)
  network.pass(100)
  network.remove(client)
  return { network, server, tag: server.engine.table.byId(1)?.localTag ?? 0 }
}

/** Makes the checksum of a changed packet right again (RFC 9260 section 6.8). */
export function setChecksum(bytes: Uint8Array): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(8, packetChecksum(bytes), true)
}
