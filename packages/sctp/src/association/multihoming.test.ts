import { expect, test } from 'vitest'

import type { VirtualHost } from '../testing/virtual-network.testing.ts'
import { VirtualNetwork } from '../testing/virtual-network.testing.ts'
import type { InitChunk } from '../wire/chunk.ts'

/** A server with one association whose peer, played by hand, listed a second address. */
function withTwoAddresses() {
  const network = new VirtualNetwork()
  const server = network.host({
    address: '192.0.2.1',
    parameters: { associationMaximumRetransmissions: 3 },
  })
  const first = network.host({ address: '192.0.2.2', port: 4000 })
  const second = network.host({ address: '198.51.100.2', port: 4000 })
  const init: InitChunk = {
    kind: 'init',
    initiateTag: 0xabcd,
    window: 100_000,
    outboundStreams: 3,
    inboundStreams: 3,
    initialTsn: 100,
    parameters: [
      { kind: 'address', address: '198.51.100.2' },
      { kind: 'address', address: '224.0.0.1' },
      { kind: 'address', address: '2001:db8::1' },
    ],
  }
  first.receive = () => undefined
  second.receive = () => undefined
  first.sendPacket(
    { sourcePort: 4000, destinationPort: 7, verificationTag: 0, chunks: [init] },
    server,
  )
  network.pass(50)
  const answer = network.sent.at(-1)?.packet.chunks[0]
  const parameter = answer?.kind === 'init-ack' ? answer.parameters[0] : undefined
  const cookie = parameter?.kind === 'cookie' ? parameter.cookie : new Uint8Array(0)
  const tag = answer?.kind === 'init-ack' ? answer.initiateTag : 0
  const say = (host: VirtualHost, ...chunks: Parameters<VirtualHost['sendPacket']>[0]['chunks']) =>
    host.sendPacket({ sourcePort: 4000, destinationPort: 7, verificationTag: tag, chunks }, server)
  say(first, { kind: 'cookie-echo', cookie })
  network.pass(50)
  return { network, server, first, second, say }
}

const pathsOf = (server: VirtualHost) =>
  server.engine.table.byId(1)?.paths.all.map(({ to, state }) => [to.address, state])

test('further addresses of a peer are not used until they have answered a HEARTBEAT', () => {
  const { network, server, second, say } = withTwoAddresses()
  expect(pathsOf(server)).toEqual([
    ['192.0.2.2', 'active'],
    ['198.51.100.2', 'unconfirmed'],
  ])
  network.run(10_000, () => network.sent.at(-1)?.to.address === '198.51.100.2')
  const asked = network.sent.at(-1)?.packet.chunks[0]
  if (asked?.kind !== 'heartbeat') throw new Error('no heartbeat')
  say(second, { kind: 'heartbeat-ack', info: new Uint8Array(8) })
  network.pass(15)
  expect(pathsOf(server)?.[1]).toEqual(['198.51.100.2', 'unconfirmed'])
  say(second, { kind: 'heartbeat-ack', info: asked.info })
  network.pass(15)
  expect(pathsOf(server)?.[1]).toEqual(['198.51.100.2', 'active'])
  expect(server.notifications.at(-1)).toMatchObject({ type: 'peer-address', state: 'confirmed' })
})

test('what an address does not acknowledge goes to another one', () => {
  const { network, server, second, say } = withTwoAddresses()
  network.run(10_000, () => network.sent.at(-1)?.to.address === '198.51.100.2')
  const asked = network.sent.at(-1)?.packet.chunks[0]
  if (asked?.kind === 'heartbeat') say(second, { kind: 'heartbeat-ack', info: asked.info })
  network.pass(15)
  server.send(1, { data: Uint8Array.from([1]) })
  expect(network.sent.at(-1)).toMatchObject({ to: { address: '192.0.2.2' } })
  network.sent.length = 0
  network.run(network.now + 5000, () =>
    network.sent.some(({ packet }) => packet.chunks[0]?.kind === 'data'),
  )
  expect(network.sent.at(-1)).toMatchObject({ to: { address: '198.51.100.2' } })
})

test('an address that stays silent is no reason to give up the one in use', () => {
  const { network, server, first, say } = withTwoAddresses()
  const answer = () => {
    const asked = network.sent.at(-1)
    const chunk = asked?.packet.chunks[0]
    if (asked?.to.address === '192.0.2.2' && chunk?.kind === 'heartbeat') {
      say(first, { kind: 'heartbeat-ack', info: chunk.info })
    }
    return false
  }
  network.run(network.now + 3_600_000, answer)
  expect(server.state(1)).toBe('ESTABLISHED')
  expect(pathsOf(server)?.[1]).toBeUndefined()
})
