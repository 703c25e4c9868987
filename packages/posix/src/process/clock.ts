import { systemCall } from '../ffi/libc.ts'

const clockGettime = systemCall('int clock_gettime(int, int64_t *)')
const CLOCK_REALTIME = 0
const CLOCK_MONOTONIC = 1

/** A struct timespec: seconds and nanoseconds, 64 bits each on every 64-bit Linux. One for all calls of a thread. */
const time = new BigInt64Array(2)

/**
 * Nanoseconds since 1970 in UTC (clock_gettime(2), CLOCK_REALTIME): the clock of kernel timestamps.
 *
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function realtimeNanoseconds(): bigint {
  return read(CLOCK_REALTIME)
}

/** Nanoseconds since some time before, never set back (CLOCK_MONOTONIC): the clock of process.hrtime. */
export function monotonicNanoseconds(): bigint {
  return read(CLOCK_MONOTONIC)
}

function read(clock: number): bigint {
  clockGettime(clock, time)
  return (time[0] ?? 0n) * 1_000_000_000n + (time[1] ?? 0n)
}
