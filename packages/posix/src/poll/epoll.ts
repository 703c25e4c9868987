import { arch, constants } from 'node:os'

import { integerFunction, lastErrno, systemCall, SystemCallError, loadKoffi } from '../ffi/libc.ts'
import { Descriptor } from '../socket/descriptor.ts'

const create = systemCall('int epoll_create1(int)')
const control = systemCall('int epoll_ctl(int, int, int, uint32_t *)')
const waitCall = integerFunction('int epoll_wait(int, uint32_t *, int, int)')
const EPOLL_CLOEXEC = 0o2000000
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EPOLL_CTL_MOD = 3
const { EINTR } = constants.errno

/** What can happen to a descriptor, by the names of epoll_ctl(2); joined with `|`. */
export const EPOLL = {
  IN: 0x1,
  OUT: 0x4,
  /** Always reported, also when not requested. */
  ERR: 0x8,
  /** Always reported: both directions are closed. */
  HUP: 0x10,
  /** The peer has ended its direction. */
  RDHUP: 0x2000,
  /** Of several epolls with the same descriptor, few are woken. */
  EXCLUSIVE: 1 << 28,
  /** Reported once, until `modify`. */
  ONESHOT: 1 << 30,
  /** Edge-triggered: reported when it changes, not as long as it holds. */
  ET: 1 << 31,
} as const

/**
 * What of many descriptors is ready (epoll(7)), level-triggered unless asked otherwise. After `close` only
 * the events of the last `wait` can be read; all else throws ClosedDescriptorError.
 */
export class Epoll implements Disposable {
  readonly #descriptor: Descriptor
  readonly #layout = epollEventLayout(arch())
  readonly #one: Uint32Array
  readonly #ready: Uint32Array
  readonly #capacity: number

  /**
   * @param capacity the most events that one `wait` returns
   * @throws {SystemCallError} EMFILE when there are too many descriptors
   */
  constructor(capacity = 1_024) {
    this.#capacity = capacity
    this.#one = new Uint32Array(this.#layout.words)
    this.#ready = new Uint32Array(this.#layout.words * capacity)
    this.#descriptor = new Descriptor(create(EPOLL_CLOEXEC))
  }

  /** For polling this epoll instance itself; this object keeps the ownership. */
  get descriptorNumber(): number {
    return this.#descriptor.number
  }

  /** @throws {SystemCallError} EEXIST when it is in already, EPERM for a regular file, EBADF */
  add(descriptor: number, events: number): void {
    this.#control(EPOLL_CTL_ADD, descriptor, events)
  }

  /** @throws {SystemCallError} ENOENT when it is not in */
  modify(descriptor: number, events: number): void {
    this.#control(EPOLL_CTL_MOD, descriptor, events)
  }

  /**
   * A descriptor that is closed leaves by itself, unless it has duplicates.
   *
   * @throws {SystemCallError} ENOENT when it is not in
   */
  remove(descriptor: number): void {
    this.#control(EPOLL_CTL_DEL, descriptor, 0)
  }

  /**
   * Blocks the thread until something is ready.
   *
   * @param timeoutMillis 0 does not wait, -1 waits without end
   * @returns how many events there are now; 0 after the time, or when a signal came
   * @throws {SystemCallError} for any other errno
   */
  wait(timeoutMillis: number): number {
    const { number } = this.#descriptor
    const count = waitCall(number, this.#ready, this.#capacity, timeoutMillis)
    if (count !== -1) return count
    const errno = lastErrno()
    if (errno === EINTR) return 0
    throw new SystemCallError('epoll_wait', errno, [number, this.#capacity, timeoutMillis])
  }

  /** The descriptor of the event with this index of the last `wait`. */
  descriptor(index: number): number {
    return this.#ready[index * this.#layout.words + this.#layout.data] ?? -1
  }

  /** What happened to it: flags of `EPOLL`. */
  events(index: number): number {
    return this.#ready[index * this.#layout.words + this.#layout.events] ?? 0
  }

  /** Closes the epoll instance, not the descriptors that it watches. */
  close(): void {
    this.#descriptor.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #control(operation: number, descriptor: number, events: number): void {
    this.#one[this.#layout.events] = events
    this.#one[this.#layout.data] = descriptor
    control(this.#descriptor.number, operation, descriptor, this.#one)
  }
}

/** Where the fields of a struct epoll_event are, in words of 32 bits (epoll_event(3type)). */
export interface EpollEventLayout {
  words: number
  events: number
  /** The first word of the user's data: here the descriptor. */
  data: number
}

/** x64 packs it, so that 32-bit programs share it; everywhere else the data is aligned to 8 bytes. */
const LAYOUTS: Readonly<Record<string, EpollEventLayout>> = {
  x64: { words: 3, events: 0, data: 1 },
  arm64: { words: 4, events: 0, data: 2 },
}

/**
 * @param architecture as `process.arch` names it
 * @throws {RangeError} for one whose layout is not known here
 */
export function epollEventLayout(architecture: string): EpollEventLayout {
  const layout = LAYOUTS[architecture]
  if (layout === undefined) throw new RangeError(`no struct epoll_event for ${architecture}`)
  return layout
}

/**
 * Has Node's own event loop watch a descriptor, an `Epoll`'s for instance, which is readable when one of those
 * that it watches is ready. The loop stays alive for it.
 *
 * @param callback called again and again as long as it is readable
 * @returns what stops the watch; call it before the descriptor is closed
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function whenReadable(descriptor: number, callback: () => void): () => void {
  const handle = loadKoffi().node.poll(descriptor, { readable: true }, () => {
    // Promises that the callback fulfils would wait for the next event of Node's own, which may never come.
    setImmediate(runWhatIsFulfilled)
    callback()
  })
  return () => handle.close()
}

/** After an immediate Node runs all continuations. */
function runWhatIsFulfilled(): void {}
