import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { describe, expect, it } from 'vitest'

import { type RelayOptions, udpRelay } from './udp-relay.ts'

const COUNT = 200

/** Sends 0, 1, 2 … through a relay to an echoing socket, one after the other; gives what came back. */
async function echoes(faults: Omit<RelayOptions, 'target'>) {
  const server = createSocket('udp4')
  server.on('message', (bytes, peer) => server.send(bytes, peer.port, peer.address))
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  await using relay = await udpRelay({ target: server.address(), ...faults })
  const client = createSocket('udp4')
  client.connect(relay.port, relay.address)
  await once(client, 'connect')
  const received: number[] = []
  client.on('message', (bytes) => received.push(bytes.readUInt16BE()))
  for (let number = 0; number < COUNT; number++) {
    const bytes = Buffer.alloc(2)
    bytes.writeUInt16BE(number)
    client.send(bytes)
    if (number % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const { toTarget, toClient } = relay
  const expected = () =>
    toClient.passed + toClient.duplicated === received.length &&
    toTarget.passed + toTarget.lost === COUNT &&
    toTarget.passed + toTarget.duplicated === toClient.passed + toClient.lost
  await expect.poll(expected, { timeout: 5_000 }).toBe(true)
  client.close()
  server.close()
  return { received, toTarget: { ...toTarget }, toClient: { ...toClient } }
}

const whole = Array.from({ length: COUNT }, (_, number) => number)

describe('udpRelay', () => {
  it('without faults carries everything both ways, in order', async () => {
    expect((await echoes({})).received).toEqual(whole)
  })

  it('loses about the configured share, the same datagrams each time', async () => {
    const { received, toTarget, toClient } = await echoes({ loss: 0.2 })
    expect(received).toHaveLength(COUNT - toTarget.lost - toClient.lost)
    expect(toTarget.lost).toBeGreaterThan(20)
    expect(toTarget.lost).toBeLessThan(60)
  })

  it('one way, does nothing to what comes back', async () => {
    const { received, toTarget, toClient } = await echoes({
      loss: 0.2,
      duplicate: 0.1,
      oneWay: true,
    })
    expect(toTarget.lost).toBeGreaterThan(20)
    expect(toClient).toEqual({ passed: received.length, lost: 0, duplicated: 0, reordered: 0 })
  })

  it('duplicates', async () => {
    const { received, toTarget, toClient } = await echoes({ duplicate: 0.1 })
    expect(new Set(received).size).toBe(COUNT)
    expect(received).toHaveLength(COUNT + toTarget.duplicated + toClient.duplicated)
    expect(toTarget.duplicated).toBeGreaterThan(5)
  })

  it('reorders and loses none by it, not even the last', async () => {
    const { received, toTarget } = await echoes({ reorder: 0.3 })
    expect(received).not.toEqual(whole)
    expect(received.toSorted((a, b) => a - b)).toEqual(whole)
    expect(toTarget.reordered).toBeGreaterThan(20)
  })

  it('delays every datagram by the configured time', async () => {
    const began = performance.now()
    expect((await echoes({ delayMillis: 30 })).received).toHaveLength(COUNT)
    expect(performance.now() - began).toBeGreaterThanOrEqual(58)
  })
})
