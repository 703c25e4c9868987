import type { Host } from './host.ts'
import { Path } from './path.ts'

/** The peer's addresses; the first one is where the association was set up. */
export class PathSet {
  readonly all: Path[] = []
  #primary: Path | undefined

  add(path: Path): void {
    this.all.push(path)
    this.#primary ??= path
  }

  /** Leaves the primary address only, with nothing known of it. */
  reset(host: Host): void {
    const { to } = this.primary
    this.#primary = new Path(to, 'active', host)
    this.all.splice(0, this.all.length, this.#primary)
  }

  /** @throws {Error} before the first `add`: an association always has an address */
  get primary(): Path {
    if (!this.#primary) throw new Error('an association without an address')
    return this.#primary
  }

  find(address: string): Path | undefined {
    for (const path of this.all) if (path.to.address === address) return path
    return undefined
  }

  /** What fits in one DATA chunk on every path: a fragment cannot be cut again (6.9). */
  get smallestChunkBytes(): number {
    return Math.min(...this.all.map(({ chunkBytes }) => chunkBytes))
  }

  /** Where new data go: the primary path, or an active one while it is unreachable (6.4, 8.2). */
  get forData(): Path {
    if (this.primary.state === 'active') return this.primary
    return this.all.find((path) => path.state === 'active') ?? this.primary
  }

  /**
   * Where to repeat what was lost on `path`: after a timeout on another active path if there is one
   * (6.4.1), after reports of the loss on the same.
   */
  forRetransmission(path: Path | undefined): Path {
    if (path?.state === 'active' && path.errors === 0) return path
    return this.all.find((other) => other !== path && other.state === 'active') ?? this.forData
  }
}
