import { systemCall } from '../ffi/libc.ts'

const closeCall = systemCall('int close(int)')
const duplicateCall = systemCall('int fcntl(int, int, int)')
/** fcntl(2): the lowest free descriptor from the argument on, closed by exec. */
const F_DUPFD_CLOEXEC = 1030

/** The number of a descriptor was asked for that its owner has closed. */
export class ClosedDescriptorError extends Error {
  override readonly name = 'ClosedDescriptorError'

  constructor() {
    super('this descriptor is closed; open a new one')
  }
}

/**
 * The one owner of a file descriptor. The owner closes it, once; after that the number, which the kernel
 * may have reused by then, is not accessible any more.
 */
export class Descriptor implements Disposable {
  #number: number

  /** Takes over `number`: nothing else may close it from now on. */
  constructor(number: number) {
    this.#number = number
  }

  /** Whether it was closed or released. */
  get closed(): boolean {
    return this.#number < 0
  }

  /** @throws {ClosedDescriptorError} after `close` or `release` */
  get number(): number {
    if (this.#number < 0) throw new ClosedDescriptorError()
    return this.#number
  }

  /**
   * A second descriptor of the same open file (fcntl(2), F_DUPFD_CLOEXEC), with an owner of its own.
   *
   * @throws {SystemCallError} EMFILE when there are too many
   * @throws {ClosedDescriptorError} when this one is closed
   */
  duplicate(): Descriptor {
    return new Descriptor(duplicateCall(this.number, F_DUPFD_CLOEXEC, 3))
  }

  /**
   * Releases the number to a new owner, which closes it from now on (such as `new net.Socket({ fd })`).
   *
   * @throws {ClosedDescriptorError} after `close` or `release`
   */
  release(): number {
    const number = this.number
    this.#number = -1
    return number
  }

  /**
   * close(2). Closing twice does nothing: the number may be another's by then.
   *
   * @throws {SystemCallError} EBADF when it was closed elsewhere
   */
  close(): void {
    if (this.#number < 0) return
    closeCall(this.release())
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
