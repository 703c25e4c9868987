import { enableAncillaryData, ReceiveBatch } from '@sockyard/posix/datagram'
import { Epoll, EPOLL, whenReadable } from '@sockyard/posix/poll'
import { NativeSocket } from '@sockyard/posix/socket'
import { runApp } from '@sockyard/testkit/process'
import { expect, it, onTestFinished, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const LOOPBACK = {
  IPv4: { address: '127.0.0.1', bytes: Uint8Array.of(127, 0, 0, 1) },
  IPv6: { address: '::1', bytes: Uint8Array.of(...Array.from({ length: 15 }, () => 0), 1) },
}

/** A socket that reads the header of the first datagram, and answers nothing. */
function receiver(family: 'IPv4' | 'IPv6') {
  const socket = NativeSocket.open({ family, type: 'datagram', nonBlocking: true })
  enableAncillaryData(socket, family, ['hopLimit', 'trafficClass'])
  const { address, bytes } = LOOPBACK[family]
  socket.bind({ family, bytes, port: 0, scope: 0 })
  const local = socket.localAddress()
  if (local === undefined || local.family === 'unix') throw new Error('not bound')
  const epoll = new Epoll(1)
  epoll.add(socket.descriptor, EPOLL.IN)
  const batch = new ReceiveBatch({ datagrams: 1, datagramBytes: 2_048 })
  const { promise, resolve } = Promise.withResolvers<{ ttl: number; trafficClass: number }>()
  const unwatch = whenReadable(epoll.descriptorNumber, () => {
    if (batch.receive(socket, false) === 0) return
    resolve({ ttl: batch.hopLimit(0), trafficClass: batch.trafficClass(0) })
  })
  onTestFinished(() => {
    unwatch()
    epoll.close()
    socket.close()
    batch.close()
  })
  return { address, port: local.port, first: promise }
}

it.each([
  ['udp-echo', 'IPv4', ['--engine', 'native']],
  ['udp-echo', 'IPv6', ['--engine', 'native']],
  ['udp-echo', 'IPv4', ['--engine', 'node']],
  ['udp-echo', 'IPv6', ['--engine', 'node']],
] as const)(
  '%s over %s %j: the first packet has TTL, DSCP and ECN',
  async (app, family, engine) => {
    const { address, port, first } = receiver(family)
    const target = family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
    const path = ['--ttl', '7', '--dscp', 'af41', '--ecn', 'ect0']
    const args = ['ping', target, '-c', '1', '-W', '50ms', ...path, ...engine]
    expect((await runApp(app, args)).code).toBe(1)
    expect(await first).toEqual({ ttl: 7, trafficClass: 34 * 4 + 2 })
  },
)

it.each(['IPv4', 'IPv6'] as const)('sctp-echo over %s: so has the INIT', async (family) => {
  const { address, port, first } = receiver(family)
  const args = ['ping', address, '--udp-port', String(port), '-c', '1', '-W', '50ms']
  expect((await runApp('sctp-echo', [...args, '--ttl', '7', '--dscp', 'cs1'])).code).toBe(1)
  expect(await first).toEqual({ ttl: 7, trafficClass: 8 * 4 })
})
