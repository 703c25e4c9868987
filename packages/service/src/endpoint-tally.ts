import type { AddressInfo } from 'node:net'

import { readKernelDrops } from './kernel-drops.ts'
import type { UdpTally } from './udp-metrics.ts'

/** The counts of one socket. Its drops outlive it: once it is closed the kernel says no more about it. */
export class EndpointTally implements UdpTally {
  received = 0
  receivedBytes = 0
  sent = 0
  sentBytes = 0
  readonly unsent = new Map<string, number>()
  readonly #boundTo: () => AddressInfo | undefined
  #lastDrops = 0

  /** @param boundTo where the socket is now; undefined when it is not open */
  constructor(boundTo: () => AddressInfo | undefined) {
    this.#boundTo = boundTo
  }

  countReceived(bytes: number): void {
    this.received += 1
    this.receivedBytes += bytes
  }

  countSent(bytes: number): void {
    this.sent += 1
    this.sentBytes += bytes
  }

  countUnsent(reason: string): void {
    this.unsent.set(reason, (this.unsent.get(reason) ?? 0) + 1)
  }

  async kernelDrops(): Promise<number> {
    const bound = this.#boundTo()
    if (bound !== undefined)
      this.#lastDrops = (await readKernelDrops(bound.address, bound.port)) ?? this.#lastDrops
    return this.#lastDrops
  }
}
