import { integerFunction, systemCall } from '../ffi/libc.ts'
import { Descriptor } from '../socket/descriptor.ts'

const create = systemCall('int timerfd_create(int, int)')
const setTime = systemCall('int timerfd_settime(int, int, const int64_t *, int64_t *)')
const read = integerFunction('int64_t read(int, uint8_t *, uint64_t)')
const CLOCK_MONOTONIC = 1
/** timerfd_create(2): TFD_NONBLOCK | TFD_CLOEXEC, which are O_NONBLOCK and O_CLOEXEC. */
const NONBLOCK_CLOEXEC = 0o2004000

/**
 * A timer that makes a descriptor readable (timerfd_create(2)), for `whenReadable` or an `Epoll`: to the
 * microseconds that the kernel needs, where the timers of Node's event loop count whole milliseconds.
 */
export class TimerDescriptor implements Disposable {
  readonly #descriptor: Descriptor
  /** struct itimerspec: seconds and nanoseconds, of the period (none) and until then. */
  readonly #time = new BigInt64Array(4)
  readonly #expirations = new Uint8Array(8)

  /**
   * @throws {SystemCallError} EMFILE when there are too many descriptors
   * @throws {NativeCallsMissingError} where koffi is absent
   */
  constructor() {
    this.#descriptor = new Descriptor(create(CLOCK_MONOTONIC, NONBLOCK_CLOEXEC))
  }

  /** The descriptor's number; it stays this object's. */
  get descriptor(): number {
    return this.#descriptor.number
  }

  /**
   * Readable once, so long from now; what was set before is forgotten.
   *
   * @param millis with a fraction; 0 or less is at once
   * @throws {ClosedDescriptorError} after `close`
   */
  set(millis: number): void {
    const nanoseconds = Math.max(1, Math.round(millis * 1_000_000))
    this.#time[2] = BigInt(Math.floor(nanoseconds / 1_000_000_000))
    this.#time[3] = BigInt(nanoseconds % 1_000_000_000)
    setTime(this.#descriptor.number, 0, this.#time, null)
  }

  /** Takes note that it was readable, so that it is no longer. */
  acknowledge(): void {
    read(this.#descriptor.number, this.#expirations, 8)
  }

  /** Stops the timer and closes its descriptor. */
  close(): void {
    this.#descriptor.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
