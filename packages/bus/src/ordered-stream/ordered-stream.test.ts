import { describeWithDocker, NatsServer } from '@sockyard/testkit/docker'
import { expect, it } from 'vitest'

import { OrderedStream } from './ordered-stream.ts'

/** One program that follows the stream, and what it saw. */
class Follower {
  readonly seen: string[] = []
  #onSeen = (): void => {}
  stream!: OrderedStream

  static async open(url: string, history = 0): Promise<Follower> {
    const follower = new Follower()
    const onMessage = ({ payload }: { payload: Uint8Array }): void => {
      follower.seen.push(Buffer.from(payload).toString())
      follower.#onSeen()
    }
    const options = { name: 'test', history, onMessage, onConnected: () => {} }
    const connection = { servers: [url], name: 'test' }
    follower.stream = await OrderedStream.open(connection, options, new AbortController().signal)
    return follower
  }

  async sees(count: number): Promise<string[]> {
    while (this.seen.length < count) await new Promise<void>((resolve) => (this.#onSeen = resolve))
    return this.seen
  }

  /** As a publisher does that must not lose it. */
  async publish(text: string): Promise<void> {
    for (;;) {
      const isStored = await this.stream.publish(text, Buffer.from(text)).then(
        () => true,
        () => false,
      )
      if (isStored) return
    }
  }
}

describeWithDocker('an ordered stream', () => {
  it('is one order for all, each message once, through the death of the server', async () => {
    await using server = await NatsServer.start()
    const followers = [await Follower.open(server.url), await Follower.open(server.url)]
    const [first, second] = followers as [Follower, Follower]
    const half = Array.from({ length: 50 }, (_, each) => each)
    await Promise.all(half.map((each) => (each % 2 ? first : second).publish(`before ${each}`)))
    await first.sees(50)
    await server.kill()
    const publishing = half.map((each) => (each % 2 ? first : second).publish(`after ${each}`))
    await server.restart()
    await Promise.all(publishing)
    const seen = await first.sees(100)
    expect(new Set(seen).size).toBe(100)
    expect(await second.sees(100)).toEqual(seen)
    const late = await Follower.open(server.url, 10)
    expect(await late.sees(10)).toEqual(seen.slice(-10))
    for (const { stream } of [first, second, late]) await stream.close()
  })

  it('asks for credentials, and refuses wrong ones at once', async () => {
    await using server = await NatsServer.start('--user', 'zoe', '--pass', 'right')
    await expect(Follower.open(server.url)).rejects.toThrow(/[Aa]uthorization/)
  })
})
