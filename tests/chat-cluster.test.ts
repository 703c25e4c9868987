import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { describeWithDocker } from '@sockyard/testkit/docker'
import { expect, it } from 'vitest'

import { docker } from './support/docker.ts'
import { ownLoopbackAddress } from './support/loopback.ts'
import { localSubnet } from './support/network.ts'

const INTERVAL_MILLIS = 50
/** After the death of a server nobody leads the bucket of the names for some seconds. */
const NAMES_WAIT = '* names cannot be changed'
const RETRY_MILLIS = 500

/** The profile `cluster` of docker-compose.yml, beside any other on this host. */
class Cluster implements AsyncDisposable {
  readonly #name = `sockyard-test-${randomBytes(5).toString('hex')}`
  readonly #address = ownLoopbackAddress()

  static async up(): Promise<Cluster> {
    const cluster = new Cluster()
    await cluster.compose('up', '--detach', '--wait', '--no-build', 'chat-1', 'chat-2', 'chat-3')
    return cluster
  }

  async compose(...words: readonly string[]): Promise<void> {
    const env = { YARD_ADDRESS: this.#address, YARD_SUBNET6: localSubnet(this.#name) }
    const project = ['--project-name', this.#name, '--profile', 'cluster']
    await docker(['compose', ...project, ...words], env)
  }

  /** A member of the node of this number. */
  async member(node: number, name: string): Promise<Member> {
    const socket = connect({ host: this.#address, port: 2020 + node })
    await once(socket, 'connect')
    const member = new Member(socket)
    const isNamed = (line: string): boolean =>
      line === `* ${name} joined` || line.endsWith(` is now ${name}`)
    for (;;) {
      const from = member.heard.length
      member.say(`/nick ${name}`)
      await member.hears((line) => isNamed(line) || line.startsWith(NAMES_WAIT), from)
      if (member.heard.some(isNamed)) return member
      await sleep(RETRY_MILLIS)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose('down', '--volumes', '--timeout', '1')
  }
}

class Member {
  readonly heard: string[] = []
  readonly #socket: Socket
  #rest = ''

  constructor(socket: Socket) {
    this.#socket = socket.setEncoding('utf8').on('error', () => {})
    socket.on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n')
      this.#rest = lines.pop() ?? ''
      this.heard.push(...lines)
    })
  }

  say(line: string): void {
    this.#socket.write(`${line}\n`)
  }

  /** @param from the first line that counts */
  async hears(matches: (line: string) => boolean, from = 0): Promise<void> {
    while (!this.heard.slice(from).some(matches)) await once(this.#socket, 'data')
  }

  get said(): string[] {
    return this.heard.filter((line) => line.startsWith('speaker-'))
  }
}

/** Each speaker in turn says the next number, until it is stopped. */
class Talk {
  readonly #speakers: readonly Member[]
  readonly #timer = setInterval(() => this.#next(), INTERVAL_MILLIS)
  said = 0

  constructor(speakers: readonly Member[]) {
    this.#speakers = speakers
  }

  #next(): void {
    this.#speakers[this.said % this.#speakers.length]?.say(`line ${this.said}`)
    this.said += 1
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

const numbers = ({ said }: Member): number[] => said.map((line) => Number(line.split(' ').at(-1)))

describeWithDocker('chat on three nodes and three NATS servers', () => {
  it(
    'loses and repeats nothing while one after the other is killed',
    { timeout: 180_000 },
    async () => {
      await using cluster = await Cluster.up()
      const readers = [await cluster.member(1, 'reader-1'), await cluster.member(2, 'reader-2')]
      const speakers = [await cluster.member(1, 'speaker-1'), await cluster.member(2, 'speaker-2')]
      const talk = new Talk(speakers)
      for (const server of ['nats-1', 'nats-2', 'nats-3']) {
        await cluster.compose('kill', server)
        const killedAt = talk.said
        await cluster.compose('up', '--detach', '--no-build', server)
        // The stream has a leader again, and is whole on a majority when the next is killed.
        for (const reader of readers)
          await reader.hears((line) => line.endsWith(` ${killedAt + 1}`))
      }
      await cluster.compose('kill', 'chat-3')
      await cluster.compose('up', '--detach', '--wait', '--no-build', 'chat-3')
      const late = await cluster.member(3, 'late')
      talk.stop()
      const last = ` ${talk.said - 1}`
      for (const member of [...readers, late]) await member.hears((line) => line.endsWith(last))
      const [first, second] = readers.map(numbers)
      expect(first?.toSorted((one, other) => one - other)).toEqual(
        Array.from({ length: talk.said }, (_, each) => each),
      )
      expect(second).toEqual(first)
      expect(numbers(late)).toEqual(first?.slice(-numbers(late).length))
    },
  )
})
