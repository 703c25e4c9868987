import type { Socket } from 'node:dgram'

import { NativeCallsMissingError } from '@sockyard/posix/libc'
import { sendMadeNow } from '@sockyard/posix/send-made-now'

import type { EndpointTally } from './endpoint-tally.ts'
import { isSystemError } from './errors.ts'

const DRAIN_PERIOD_MILLIS = 5

/** Sends datagrams: no more than `maximumQueue` wait for the kernel, and what is not sent is counted. */
export class UdpSender {
  readonly #maximumQueue: number
  readonly #tally: EndpointTally
  readonly #onSent: (refusal: Error | undefined) => void

  constructor(
    maximumQueue: number,
    tally: EndpointTally,
    onSent: (refusal: Error | undefined) => void,
  ) {
    this.#maximumQueue = maximumQueue
    this.#tally = tally
    this.#onSent = onSent
  }

  /** @returns false when it was dropped and counted */
  send(socket: Socket | undefined, bytes: Uint8Array, port: number, address: string): boolean {
    const hindrance = this.#hindrance(socket, port)
    if (socket === undefined || hindrance !== undefined) return this.#drop(hindrance)
    socket.send(bytes, port, address, this.#sent)
    return true
  }

  /** As `send`; `make` reads the clock, and what it gives is sent at once. */
  sendMadeNow(
    socket: Socket | undefined,
    make: () => Uint8Array,
    port: number,
    address: string,
  ): boolean {
    const hindrance = this.#hindrance(socket, port)
    if (socket === undefined || hindrance !== undefined) return this.#drop(hindrance)
    try {
      const { bytes, isSent } = sendMadeNow(socket, make, { address, port })
      if (isSent) this.#sent(null, bytes.length)
      else socket.send(bytes, port, address, this.#sent)
    } catch (error) {
      if (error instanceof NativeCallsMissingError) return this.send(socket, make(), port, address)
      if (!isSystemError(error)) throw error
      this.#sent(error, 0)
    }
    return true
  }

  /** Until nothing waits any more, or `drained` is aborted. */
  async drain(socket: Socket, drained: AbortSignal): Promise<void> {
    while (!drained.aborted && socket.getSendQueueCount() > 0)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_PERIOD_MILLIS))
  }

  #hindrance(socket: Socket | undefined, port: number): string | undefined {
    if (socket === undefined) return 'closed'
    if (port === 0) return 'port-zero'
    return socket.getSendQueueCount() >= this.#maximumQueue ? 'queue-full' : undefined
  }

  #drop(reason = 'closed'): false {
    this.#tally.countUnsent(reason)
    return false
  }

  /** Without a callback a failed send is seen by nobody; one for all of them is not made anew for each. */
  readonly #sent = (error: Error | null, bytes: number): void => {
    if (error === null) this.#tally.countSent(bytes)
    else this.#tally.countUnsent(isSystemError(error) ? error.code : 'OTHER')
    this.#onSent(error ?? undefined)
  }
}
