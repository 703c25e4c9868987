import type { Association } from '../association/association.ts'
import type { Route } from '../paths/transport-address.ts'

/**
 * The associations of an endpoint: by number, by our tag, and by the peer's place, which is its IP
 * address, UDP port and SCTP port (two peers behind one address translator differ in the second), and
 * the address of ours that it speaks to: our addresses are not listed, so each is a peer of its own.
 */
export class AssociationTable {
  readonly #byId = new Map<number, Association>()
  readonly #byTag = new Map<number, Association>()
  readonly #byPlace = new Map<string, Association>()

  get size(): number {
    return this.#byId.size
  }

  byId(id: number): Association | undefined {
    return this.#byId.get(id)
  }

  byTag(tag: number): Association | undefined {
    return this.#byTag.get(tag)
  }

  byPlace(from: Route, peerPort: number): Association | undefined {
    return this.#byPlace.get(place(from, peerPort))
  }

  all(): Association[] {
    return [...this.#byId.values()]
  }

  add(association: Association): void {
    this.#byId.set(association.id, association)
    this.#byTag.set(association.localTag, association)
    for (const key of places(association)) {
      if (!this.#byPlace.has(key)) this.#byPlace.set(key, association)
    }
  }

  remove(association: Association): void {
    this.#byId.delete(association.id)
    this.#byTag.delete(association.localTag)
    for (const key of places(association)) {
      if (this.#byPlace.get(key) === association) this.#byPlace.delete(key)
    }
  }
}

const place = ({ local, address, port }: Route, peerPort: number): string =>
  `${local} ${address} ${port} ${peerPort}`

/** Only proven addresses count: a peer may list those of others (RFC 9260 section 5.4). */
const places = ({ paths, peerPort }: Association): string[] =>
  paths.all.filter(({ state }) => state !== 'unconfirmed').map(({ to }) => place(to, peerPort))
