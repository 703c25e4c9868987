import { setTimeout as sleep } from 'node:timers/promises'

import { jetstream } from '@nats-io/jetstream'
import { type KV, Kvm } from '@nats-io/kv'
import { type NatsConnection } from '@nats-io/transport-node'

import { type ConnectionOptions, connectToServers } from '../connection/connection.ts'

export interface LeasesOptions {
  /** Of the bucket: letters, digits, `-` and `_`. */
  bucket: string
  /** A program that is dead, or out of reach, for so long loses its keys. */
  leaseMillis: number
  /** Another program has the key: this one was out of reach for longer than the lease. */
  onLost: (key: string) => void
}

const REQUEST_MILLIS = 1_000
const RETRY_MILLIS = 100
/** With servers in a cluster: one of them may fail. */
const REPLICAS = 3

/** Keys that belong to one program at a time; it renews them, and loses them when it cannot. */
export class Leases {
  readonly #connection: NatsConnection
  readonly #bucket: KV
  readonly #owner: Uint8Array
  readonly #onLost: (key: string) => void
  /** The keys of this program, and the revision of each that it wrote last. */
  readonly #held = new Map<string, number>()
  readonly #renewing: NodeJS.Timeout

  private constructor(
    connection: NatsConnection,
    bucket: KV,
    owner: string,
    options: LeasesOptions,
  ) {
    this.#connection = connection
    this.#bucket = bucket
    this.#owner = Buffer.from(owner)
    this.#onLost = options.onLost
    this.#renewing = setInterval(() => void this.#renewAll(), options.leaseMillis / 3)
  }

  /**
   * @param owner tells this program from all others
   * @throws when the credentials are refused, a file cannot be read, or `signal` is aborted
   */
  static async open(
    connectionOptions: ConnectionOptions,
    owner: string,
    options: LeasesOptions,
    signal: AbortSignal,
  ): Promise<Leases> {
    const connection = await connectToServers(connectionOptions, signal)
    const bucket = await openBucket(connection, options, signal)
    return new Leases(connection, bucket, owner, options)
  }

  /**
   * @returns false when another program has it
   * @throws when that cannot be told now: the servers are out of reach
   */
  async claim(key: string): Promise<boolean> {
    const name = encodeKey(key)
    try {
      this.#held.set(key, await this.#bucket.create(name, this.#owner))
      return true
    } catch (error) {
      const entry = await this.#bucket.get(name)
      if (entry === null || entry.operation !== 'PUT') throw error
      if (!this.#isOurs(entry.value)) return false
      // Stored, and the answer was lost.
      this.#held.set(key, entry.revision)
      return true
    }
  }

  /** Claims it as soon as the servers can be reached; `onLost` tells when another program has it. */
  claimLater(key: string): void {
    if (this.#held.has(key)) return
    this.#held.set(key, 0)
    void this.#renew(key).catch(() => {})
  }

  /** The key is free again: at once, or when its lease ends. */
  async release(key: string): Promise<void> {
    const revision = this.#held.get(key) ?? 0
    this.#held.delete(key)
    if (revision === 0) return
    await this.#bucket.delete(encodeKey(key), { previousSeq: revision }).catch(() => {})
  }

  /** Gives the leases back, so that others can have them at once, and disconnects. */
  async close(): Promise<void> {
    clearInterval(this.#renewing)
    await Promise.all([...this.#held.keys()].map((key) => this.release(key)))
    await this.#connection.close()
  }

  async #renewAll(): Promise<void> {
    for (const key of this.#held.keys()) await this.#renew(key).catch(() => {})
  }

  async #renew(key: string): Promise<void> {
    const revision = this.#held.get(key)
    if (revision === undefined) return
    try {
      const renewed = await this.#bucket.update(encodeKey(key), this.#owner, revision)
      if (this.#held.has(key)) this.#held.set(key, renewed)
    } catch {
      // Out of reach, renewed without an answer, expired, or taken by another: `claim` tells.
      if (!this.#held.has(key) || (await this.claim(key))) return
      this.#held.delete(key)
      this.#onLost(key)
    }
  }

  #isOurs(value: Uint8Array): boolean {
    return Buffer.compare(value, this.#owner) === 0
  }
}

/** Tries until the servers have chosen who keeps it. */
async function openBucket(
  connection: NatsConnection,
  { bucket, leaseMillis }: LeasesOptions,
  signal: AbortSignal,
): Promise<KV> {
  const manager = new Kvm(jetstream(connection, { timeout: REQUEST_MILLIS }))
  const replicas = connection.info?.cluster === undefined ? 1 : REPLICAS
  for (;;) {
    const opened = await manager.create(bucket, { ttl: leaseMillis, replicas }).catch(() => {})
    if (opened !== undefined) return opened
    await sleep(RETRY_MILLIS, undefined, { signal })
  }
}

/** Any text as a key of NATS. */
function encodeKey(key: string): string {
  return Buffer.from(key).toString('base64url')
}
