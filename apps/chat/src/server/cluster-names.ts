import { randomUUID } from 'node:crypto'

import { Leases } from '@sockyard/bus/leases'
import { nicknameKeys } from '@sockyard/protocol/chat'

import type { ServeOptions } from '../config.ts'

const BUCKET = 'sockyard-chat-names'
const LEASE_MILLIS = 30_000

/** The names of the members of all nodes: each belongs to one, and a node that is dead loses those of its members. */
export class ClusterNames {
  readonly #leases: Leases
  /** The names of this node, by their keys. */
  readonly #names: Map<string, string>

  private constructor(leases: Leases, names: Map<string, string>) {
    this.#leases = leases
    this.#names = names
  }

  /**
   * @param onLost called with a name that now belongs to a member of another node
   * @throws when the credentials are refused, a file cannot be read, or `signal` is aborted
   */
  static async open(
    options: ServeOptions,
    onLost: (name: string) => void,
    signal: AbortSignal,
  ): Promise<ClusterNames> {
    const names = new Map<string, string>()
    const connection = {
      servers: options.cluster,
      credentialsFile: options.clusterCredentials,
      caFile: options.clusterCa,
      name: 'sockyard chat: names',
    }
    const onKeyLost = (key: string): void => onLost(names.get(key) ?? '')
    const bucket = { bucket: BUCKET, leaseMillis: LEASE_MILLIS, onLost: onKeyLost }
    return new ClusterNames(await Leases.open(connection, randomUUID(), bucket, signal), names)
  }

  /**
   * Claims a name that no other member of this node has.
   *
   * @param kept the name that its member has
   */
  async claim(name: string, kept = ''): Promise<'claimed' | 'taken' | 'unreachable'> {
    try {
      for (const key of nicknameKeys(name)) {
        this.#names.set(key, name)
        if (await this.#leases.claim(key)) continue
        this.release(name, kept)
        return 'taken'
      }
      return 'claimed'
    } catch {
      return 'unreachable'
    }
  }

  /** Claims it when the servers can be reached; `onLost` tells when it is taken. */
  claimLater(name: string): void {
    for (const key of nicknameKeys(name)) {
      this.#names.set(key, name)
      this.#leases.claimLater(key)
    }
  }

  /** @param kept the name that its member has now: what the two share is not free */
  release(name: string, kept = ''): void {
    for (const key of nicknameKeys(name).difference(nicknameKeys(kept))) {
      this.#names.delete(key)
      void this.#leases.release(key)
    }
  }

  async close(): Promise<void> {
    await this.#leases.close()
  }
}
