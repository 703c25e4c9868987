/**
 * CRC32c (Castagnoli), RFC 9260 section 6.8 and appendix A, eight bytes a step: every packet in and
 * out is summed whole, which makes this the hottest loop of the package.
 */
const POLYNOMIAL_REFLECTED = 0x82f63b78
const SLICES = 8

/** `TABLE[slice * 256 + byte]`: the remainder of `byte` followed by `slice` zero bytes. */
const TABLE = buildTable()

function buildTable(): Int32Array {
  const table = new Int32Array(SLICES * 256)
  for (let byte = 0; byte < 256; byte += 1) table[byte] = remainderOf(byte)
  for (let index = 256; index < table.length; index += 1) {
    const previous = table[index - 256] ?? 0
    table[index] = (previous >>> 8) ^ (table[previous & 0xff] ?? 0)
  }
  return table
}

function remainderOf(byte: number): number {
  let crc = byte
  for (let bit = 0; bit < 8; bit += 1) {
    crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL_REFLECTED : crc >>> 1
  }
  return crc
}

/**
 * The running (not inverted) remainder after `bytes[start..end)`. Begin with -1, invert at the end.
 * An index stays inside the table by its mask, which the compiler cannot see: hence `| 0`.
 */
function update(initial: number, bytes: Uint8Array, start: number, end: number): number {
  const table = TABLE
  let crc = initial
  let at = start
  for (const last = end - 8; at <= last; at += 8) {
    const low =
      crc ^
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24))
    crc =
      (table[1792 + (low & 0xff)] as number) ^
      (table[1536 + ((low >>> 8) & 0xff)] as number) ^
      (table[1280 + ((low >>> 16) & 0xff)] as number) ^
      (table[1024 + (low >>> 24)] as number) ^
      (table[768 + (bytes[at + 4] as number)] as number) ^
      (table[512 + (bytes[at + 5] as number)] as number) ^
      (table[256 + (bytes[at + 6] as number)] as number) ^
      (table[bytes[at + 7] as number] as number)
  }
  for (; at < end; at += 1) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 0xff] as number)
  }
  return crc
}

/** CRC32c of the bytes, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  return ~update(-1, bytes, 0, bytes.length) >>> 0
}

const CHECKSUM_OFFSET = 8
const FOUR_ZEROS = new Uint8Array(4)

/**
 * CRC32c of an SCTP packet (at least 12 bytes) as if its checksum field were zero
 * (RFC 9260 section 6.8), without touching the packet.
 */
export function packetChecksum(packet: Uint8Array): number {
  let crc = update(-1, packet, 0, CHECKSUM_OFFSET)
  crc = update(crc, FOUR_ZEROS, 0, 4)
  return ~update(crc, packet, CHECKSUM_OFFSET + 4, packet.length) >>> 0
}
