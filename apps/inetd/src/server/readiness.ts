import { SystemCallError } from '@sockyard/posix/ffi'
import { EPOLL, Epoll, whenReadable } from '@sockyard/posix/poll'

/** Reports when a socket becomes readable, without reading it (epoll(7)): Node's event loop reads what it polls. */
export class Readiness {
  readonly #waiting = new Map<number, () => void>()
  #epoll: Epoll | undefined
  #stopWatching: (() => void) | undefined

  /**
   * Calls `onReady` once, as soon as the descriptor is readable.
   *
   * @returns ends it: to be called before the descriptor is closed
   * @throws {NativeCallsMissingError} where koffi is absent
   */
  watch(descriptor: number, onReady: () => void): () => void {
    this.#arm((this.#epoll ??= this.#open()), descriptor)
    this.#waiting.set(descriptor, onReady)
    return () => {
      if (this.#waiting.get(descriptor) === onReady) this.#waiting.delete(descriptor)
    }
  }

  close(): void {
    this.#stopWatching?.()
    this.#epoll?.close()
  }

  #open(): Epoll {
    const epoll = new Epoll(64)
    this.#stopWatching = whenReadable(epoll.descriptorNumber, () => this.#dispatch(epoll))
    return epoll
  }

  #arm(epoll: Epoll, descriptor: number): void {
    const events = EPOLL.IN | EPOLL.ONESHOT
    try {
      epoll.modify(descriptor, events)
    } catch (error) {
      // It is new, or the number of one that was closed.
      if (!(error instanceof SystemCallError) || error.code !== 'ENOENT') throw error
      epoll.add(descriptor, events)
    }
  }

  #dispatch(epoll: Epoll): void {
    const count = epoll.wait(0)
    const descriptors = Array.from({ length: count }, (_, index) => epoll.descriptor(index))
    for (const descriptor of descriptors) {
      const onReady = this.#waiting.get(descriptor)
      this.#waiting.delete(descriptor)
      onReady?.()
    }
  }
}
