import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { describeWithDocker, NatsServer } from '@sockyard/testkit/docker'
import { expect, it } from 'vitest'

import { Leases } from './leases.ts'

function open(
  url: string,
  owner: string,
  leaseMillis = 600_000,
  onLost = (_key: string): void => {},
): Promise<Leases> {
  const options = { bucket: 'test', leaseMillis, onLost }
  const connection = { servers: [url], name: owner }
  return Leases.open(connection, owner, options, new AbortController().signal)
}

describeWithDocker('a key with a lease', () => {
  it('belongs to one, until that releases it', async () => {
    await using server = await NatsServer.start()
    const first = await open(server.url, 'first')
    const second = await open(server.url, 'second')
    const claims = await Promise.all([first.claim('Änna 1'), second.claim('Änna 1')])
    expect(new Set(claims)).toEqual(new Set([false, true]))
    const [winner, loser] = claims[0] ? [first, second] : [second, first]
    expect(await winner.claim('Änna 1')).toBe(true)
    await winner.release('Änna 1')
    expect(await loser.claim('Änna 1')).toBe(true)
    await first.close()
    await second.close()
  })

  it('is not for who claims it too late', async () => {
    await using server = await NatsServer.start()
    const first = await open(server.url, 'first')
    await first.claim('anna')
    const lost = Promise.withResolvers<string>()
    const second = await open(server.url, 'second', undefined, lost.resolve)
    second.claimLater('anna')
    expect(await lost.promise).toBe('anna')
    await first.close()
    await second.close()
  })

  it('is free when its owner is dead', async () => {
    await using server = await NatsServer.start()
    const leaseMillis = 2_000
    const workerData = { url: server.url, key: 'anna', leaseMillis }
    const owner = new Worker(new URL('fixtures/owner.ts', import.meta.url), { workerData })
    expect(await once(owner, 'message')).toEqual([true])
    const other = await open(server.url, 'other', leaseMillis)
    await owner.terminate()
    await expect.poll(() => other.claim('anna'), { timeout: 30_000, interval: 200 }).toBe(true)
    await other.close()
  })
})
