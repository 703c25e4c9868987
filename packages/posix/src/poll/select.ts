import { systemCall } from '../ffi/libc.ts'
import { encodeTimeval } from '../ffi/native-memory.ts'

const selectCall = systemCall('int select(int, uint8_t *, uint8_t *, uint8_t *, int64_t *)')
/** The bits of an fd_set (select(2)): a descriptor from this number on does not fit, and would overwrite memory. */
const FD_SETSIZE = 1_024

/** The three sets of select(2), as descriptors. */
export interface DescriptorSets {
  read: readonly number[]
  write: readonly number[]
  /** Urgent data of a TCP socket. */
  except: readonly number[]
}

/**
 * Which of some descriptors are ready (select(2)). Blocks the thread. `Epoll` does the same for any number.
 *
 * @param asked is not changed: the sets that the kernel writes into are copies
 * @param timeoutMillis counts to the microsecond; 0 does not wait
 * @throws {RangeError} for a descriptor of FD_SETSIZE and more
 * @throws {SystemCallError} EBADF when one is closed, EINTR after a signal
 */
export function select(asked: Partial<DescriptorSets>, timeoutMillis: number): DescriptorSets {
  const { read = [], write = [], except = [] } = asked
  const [readSet, writeSet, exceptSet] = [toSet(read), toSet(write), toSet(except)]
  const highest = Math.max(-1, ...read, ...write, ...except)
  selectCall(highest + 1, readSet, writeSet, exceptSet, encodeTimeval(timeoutMillis))
  return {
    read: read.filter((each) => isIn(readSet, each)),
    write: write.filter((each) => isIn(writeSet, each)),
    except: except.filter((each) => isIn(exceptSet, each)),
  }
}

/** FD_ZERO and FD_SET: bits from the lowest of the first byte on, as little-endian machines have them. */
function toSet(descriptors: readonly number[]): Uint8Array {
  const set = new Uint8Array(FD_SETSIZE / 8)
  for (const each of descriptors) {
    if (each < 0 || each >= FD_SETSIZE)
      throw new RangeError(`select takes descriptors below ${FD_SETSIZE}, not ${each}`)
    set[each >> 3] = (set[each >> 3] ?? 0) | (1 << (each & 7))
  }
  return set
}

/** FD_ISSET */
function isIn(set: Uint8Array, descriptor: number): boolean {
  return ((set[descriptor >> 3] ?? 0) & (1 << (descriptor & 7))) !== 0
}
