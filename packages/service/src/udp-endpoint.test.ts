import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { afterEach, describe, expect, it } from 'vitest'

import { metricValue, quiet, startEchoProcess } from '../testing/kit.ts'
import { AddressInUseError } from './errors.ts'
import { createSourceRules } from './source-rules.ts'
import { createUdpEndpoint, type UdpEndpoint, type UdpEndpointOptions } from './udp-endpoint.ts'

const running: UdpEndpoint[] = []
const peers: Socket[] = []

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close()
  for (const endpoint of running.splice(0)) await endpoint.stop()
})

async function echo(options: Partial<UdpEndpointOptions> = {}): Promise<{
  endpoint: UdpEndpoint
  port: number
  metric: (line: string) => Promise<number>
}> {
  const { log, metrics } = quiet()
  const endpoint: UdpEndpoint = createUdpEndpoint({
    port: 0,
    log,
    metrics,
    onDatagram: (bytes, { port, address }) => endpoint.send(bytes, port, address),
    ...options,
  })
  running.push(endpoint)
  const { port } = await endpoint.start()
  return { endpoint, port, metric: async (line) => metricValue(await metrics.metrics(), line) }
}

async function peerAt(address = '127.0.0.1', port = 0): Promise<Socket> {
  const peer = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  peer.bind(port, address)
  await once(peer, 'listening')
  peer.setRecvBufferSize(4 * 1024 * 1024)
  peers.push(peer)
  return peer
}

describe('a UDP endpoint', () => {
  it.each(['127.0.0.1', '::1'])('answers %s at one port for both families', async (address) => {
    const { port } = await echo()
    const peer = await peerAt(address)
    peer.send('hello', port, address)
    expect(String((await once(peer, 'message'))[0])).toBe('hello')
  })

  it('listens on the address of a name', async () => {
    const { endpoint } = await echo({ host: 'localhost', family: 4 })
    expect(endpoint.address().address).toBe('127.0.0.1')
  })

  it('cannot listen on a name that does not resolve', async () => {
    await expect(echo({ host: 'nosuch.invalid' })).rejects.toMatchObject({
      errorClass: 'DNS',
      message: 'nosuch.invalid:0: the name does not resolve',
    })
  })

  it.each([0, 65_507])('carries %i bytes', async (size) => {
    const { port } = await echo()
    const peer = await peerAt()
    const sent = Buffer.alloc(size, 'q')
    peer.send(sent, port, '127.0.0.1')
    const [bytes] = (await once(peer, 'message')) as [Buffer]
    expect(bytes.equals(sent)).toBe(true)
  })

  it('never looks a name up, never sends to port 0, and counts both', async () => {
    const { endpoint, metric } = await echo()
    expect(endpoint.send(Buffer.from('x'), 0, '127.0.0.1')).toBe(false)
    endpoint.send(Buffer.from('x'), 9, 'localhost')
    await expect.poll(() => metric('sockyard_udp_unsent_total{reason="EINVAL"}')).toBe(1)
    expect(await metric('sockyard_udp_unsent_total{reason="port-zero"}')).toBe(1)
  })

  it('counts what the kernel refuses to send, and goes on', async () => {
    const { endpoint, metric, port } = await echo()
    endpoint.send(Buffer.alloc(65_508), port, '127.0.0.1')
    await expect.poll(() => metric('sockyard_udp_unsent_total{reason="EMSGSIZE"}')).toBe(1)
    const peer = await peerAt()
    peer.send('on', port, '127.0.0.1')
    expect(String((await once(peer, 'message'))[0])).toBe('on')
  })

  it('tells the app of each datagram whether the kernel took it, in their order', async () => {
    const told: (string | undefined)[] = []
    const { endpoint, port } = await echo({ onSent: (refusal) => told.push(refusal?.message) })
    for (const size of [1, 65_508, 2]) endpoint.send(Buffer.alloc(size), port, '127.0.0.1')
    await expect
      .poll(() => told.slice(0, 3))
      .toEqual([undefined, expect.stringContaining('EMSGSIZE'), undefined])
  })

  it('drops and counts what is over the queue', async () => {
    const { endpoint, metric } = await echo({ maximumQueue: 0 })
    expect(endpoint.send(Buffer.from('x'), 9, '127.0.0.1')).toBe(false)
    expect(await metric('sockyard_udp_unsent_total{reason="queue-full"}')).toBe(1)
  })

  it('says that a port is taken', async () => {
    const { port } = await echo()
    await expect(echo({ port })).rejects.toThrow(AddressInUseError)
  })

  it('exports what the kernel dropped for want of buffer', async () => {
    const { endpoint, metric, port } = await echo({ receiveBufferBytes: 2_048, host: '127.0.0.1' })
    const peer = await peerAt()
    // Sent in one turn of this process, which reads none of it meanwhile.
    for (let i = 0; i < 200; i += 1) peer.send(Buffer.alloc(512), port, '127.0.0.1')
    await expect.poll(() => metric('sockyard_udp_kernel_drops_total')).toBeGreaterThan(50)
    const before = await endpoint.kernelDrops()
    await endpoint.stop()
    expect(await endpoint.kernelDrops()).toBeGreaterThanOrEqual(before)
  })
})

it('1,000 datagrams that the source rules refuse get 0 replies', async () => {
  const reasons: (string | undefined)[] = []
  const { port, endpoint } = await echo({
    host: '127.0.0.1',
    onDatagram: (bytes, source) => {
      const reason = createSourceRules({ port: endpoint.address().port })(source)
      reasons.push(reason)
      if (reason === undefined) endpoint.send(bytes, source.port, source.address)
    },
  })
  const twin = await peerAt('127.0.0.2', port)
  let replies = 0
  twin.on('message', () => (replies += 1))
  for (let i = 0; i < 1_000; i += 1) twin.send('x', port, '127.0.0.1')
  await expect.poll(() => reasons.length).toBe(1_000)
  const honest = await peerAt()
  honest.send('after', port, '127.0.0.1')
  await once(honest, 'message')
  expect(replies).toBe(0)
  expect(new Set(reasons)).toEqual(new Set(['own-port', undefined]))
})

it('2,000 datagrams to a process stopped for 500 ms: 0 lost', async () => {
  await using server = await startEchoProcess((node) => node)
  const peer = await peerAt()
  let replies = 0
  peer.on('message', () => (replies += 1))
  server.signal('SIGSTOP')
  for (let i = 0; i < 2_000; i += 1) peer.send(Buffer.alloc(64, 'b'), server.port.udp, '127.0.0.1')
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(replies).toBe(0)
  server.signal('SIGCONT')
  await expect.poll(() => replies, { timeout: 10_000 }).toBe(2_000)
  expect(metricValue(await server.metrics(), 'sockyard_udp_kernel_drops_total')).toBe(0)
})
