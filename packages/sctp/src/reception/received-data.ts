/** Bytes that are held for all associations of an endpoint together. */
export interface ReceiveTotal {
  heldBytes: number
}

/**
 * What it costs to hold a chunk beside its data: the objects around it. (Measured with Node 26: 300 B for a
 * fragment, 420 B for a message or a fragment without neighbours.)
 */
export const HELD_CHUNK_BYTES = 320
export const HELD_MESSAGE_BYTES = 448

/** What is held of one association's received data, costs included, as a part of the total. */
export class ReceiveAccount {
  heldBytes = 0
  readonly #total: ReceiveTotal

  constructor(total: ReceiveTotal) {
    this.#total = total
  }

  /** Held from now on; negative: no longer. */
  add(bytes: number): void {
    this.heldBytes += bytes
    this.#total.heldBytes += bytes
  }
}

/** TSNs that are given up together, both ends included. */
export interface TsnRange {
  first: number
  last: number
}
