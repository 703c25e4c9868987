import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { quiet } from '../../testing/kit.ts'
import { AddressInUseError, ConfigurationError } from '../errors/errors.ts'
import { BroadcastEndpoint } from './broadcast-endpoint.ts'
import { eachDatagram } from './receive-context.ts'

const running: BroadcastEndpoint[] = []
const heard: string[] = []
let port = 0

// A port no other test has: it is bound once, and given up again, by a socket of the loopback address.
beforeEach(async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  port = socket.address().port
  socket.close()
})

afterEach(async () => {
  for (const receiver of running.splice(0)) await receiver.stop()
  heard.length = 0
})

async function receive(
  interfaces: readonly string[],
  engine: 'native' | 'node' = 'native',
): Promise<BroadcastEndpoint> {
  const receiver = new BroadcastEndpoint({
    port,
    interfaces,
    engine,
    ...quiet(),
    onBatch: eachDatagram((bytes, source) =>
      heard.push(`${source.group} ${source.interface} ${String(bytes)}`),
    ),
  })
  running.push(receiver)
  await receiver.start()
  return receiver
}

async function say(words: string, to: string): Promise<void> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.setBroadcast(true)
  await new Promise((resolve) => socket.send(words, port, to, resolve))
  socket.close()
}

describe('a receiver of broadcasts', () => {
  it.each(['native', 'node'] as const)(
    'hears those of the subnet, and neither unicast nor multicast (%s)',
    async (engine) => {
      const receiver = await receive(['127.0.0.1'], engine)
      expect(receiver.open).toEqual([
        { group: '255.255.255.255', interface: 'lo' },
        { group: '127.255.255.255', interface: 'lo' },
      ])
      await say('unicast', '127.0.0.1')
      await say('multicast', '224.0.1.1')
      await say('broadcast', '127.255.255.255')
      await expect.poll(() => heard).toEqual(['127.255.255.255 lo broadcast'])
    },
  )

  it('shares the port with another one', async () => {
    await receive(['lo'])
    await receive(['lo'])
    await say('both', '127.255.255.255')
    await expect.poll(() => heard).toHaveLength(2)
  })

  it('does not start on an interface that does not exist', async () => {
    await expect(receive(['nosuch0'])).rejects.toThrow(ConfigurationError)
  })

  it('does not start when another program has the port for itself', async () => {
    const taken = createSocket('udp4').bind(port, '0.0.0.0')
    await once(taken, 'listening')
    await expect(receive(['lo'])).rejects.toThrow(AddressInUseError)
    taken.close()
  })
})
