/** How many connections each peer has, and all together. */
export interface PeerTally {
  readonly total: number
  of(peer: string): number
  enter(peer: string): void
  leave(peer: string): void
}

/** The tally of one thread. */
export class LocalPeerTally implements PeerTally {
  readonly #byPeer = new Map<string, number>()
  #total = 0

  get total(): number {
    return this.#total
  }

  of(peer: string): number {
    return this.#byPeer.get(peer) ?? 0
  }

  enter(peer: string): void {
    this.#byPeer.set(peer, this.of(peer) + 1)
    this.#total += 1
  }

  leave(peer: string): void {
    const left = this.of(peer) - 1
    if (left === 0) this.#byPeer.delete(peer)
    else this.#byPeer.set(peer, left)
    this.#total -= 1
  }
}
