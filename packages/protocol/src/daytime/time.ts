import { malformed, parsed, type Parsed } from '../parsed.ts'

const NANOS_PER_SECOND = 1_000_000_000n
/** 1900-01-01 to 1970-01-01 (RFC 868: 2,208,988,800 is 00:00 1 Jan 1970 GMT). */
const SECONDS_1900_TO_1970 = 2_208_988_800n

/** What the time service says is a 32-bit number, and nothing else (RFC 868). */
const TIME_BYTES = 4

/**
 * A moment as the time service says it (RFC 868): whole seconds since 1900-01-01 00:00 UTC, big-endian. The
 * number begins again from 0 at 2036-02-07 06:28:16 UTC, and every 136 years after.
 *
 * @param nanos nanoseconds since 1970
 */
export function encodeTime(nanos: bigint): Uint8Array {
  const bytes = new Uint8Array(TIME_BYTES)
  const seconds = floorDivide(nanos, NANOS_PER_SECOND) + SECONDS_1900_TO_1970
  new DataView(bytes.buffer).setUint32(0, Number(BigInt.asUintN(32, seconds)))
  return bytes
}

/**
 * The moment an answer of the time service means, in nanoseconds since 1970. Which of the eras of 136 years is
 * meant the number cannot say: it is the one within 68 years of the pivot.
 *
 * @param pivot nanoseconds since 1970, normally the local clock
 */
export function decodeTime(bytes: Uint8Array, pivot: bigint): Parsed<bigint> {
  if (bytes.length !== TIME_BYTES)
    return malformed('time', 'length', `${bytes.length} B, the time has ${TIME_BYTES} B`)
  const said = BigInt(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0))
  const pivotSeconds = floorDivide(pivot, NANOS_PER_SECOND)
  const difference = BigInt.asIntN(32, said - pivotSeconds - SECONDS_1900_TO_1970)
  return parsed((pivotSeconds + difference) * NANOS_PER_SECOND)
}

/** BigInt division goes towards zero, seconds before 1970 do not. */
function floorDivide(value: bigint, by: bigint): bigint {
  return value < 0n ? -((-value + by - 1n) / by) : value / by
}
