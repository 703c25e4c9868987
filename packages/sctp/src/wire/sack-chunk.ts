import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import type { GapBlock, SackChunk } from './chunk.ts'
import { MalformedPacketError } from './malformed-packet-error.ts'
import type { Parsed } from './parsed.ts'

const FIXED_BYTES = 12

/** Reads the value of a SACK chunk (RFC 9260 section 3.3.4): gap blocks ascend and do not overlap. */
export function decodeSack(value: Uint8Array): Parsed<SackChunk> {
  const gapCount = value.length < FIXED_BYTES ? -1 : readUint16(value, 8)
  const duplicateCount = value.length < FIXED_BYTES ? 0 : readUint16(value, 10)
  if (gapCount < 0 || value.length !== FIXED_BYTES + (gapCount + duplicateCount) * 4) {
    return malformed(`${value.length} bytes for ${gapCount} gaps, ${duplicateCount} duplicates`)
  }
  const gaps = readGaps(value, gapCount)
  if (!gaps) return malformed('gap blocks out of order')
  const duplicatesAt = FIXED_BYTES + gapCount * 4
  return {
    ok: true,
    value: {
      kind: 'sack',
      cumulativeTsn: readUint32(value, 0),
      window: readUint32(value, 4),
      gaps,
      duplicates: readDuplicates(value.subarray(duplicatesAt), duplicateCount),
    },
  }
}

const malformed = (reason: string): Parsed<SackChunk> => ({
  ok: false,
  error: new MalformedPacketError('SACK', reason),
})

function readGaps(value: Uint8Array, count: number): GapBlock[] | undefined {
  const gaps: GapBlock[] = []
  let previous = 0
  for (let index = 0; index < count; index += 1) {
    const start = readUint16(value, FIXED_BYTES + index * 4)
    const end = readUint16(value, FIXED_BYTES + index * 4 + 2)
    if (start <= previous || end < start) return undefined
    gaps.push({ start, end })
    previous = end
  }
  return gaps
}

const readDuplicates = (bytes: Uint8Array, count: number): number[] =>
  count === 0 ? [] : Array.from({ length: count }, (_, index) => readUint32(bytes, index * 4))

/** The value of a SACK chunk. */
export function encodeSack(chunk: SackChunk): Uint8Array {
  const { gaps, duplicates } = chunk
  const value = new Uint8Array(FIXED_BYTES + (gaps.length + duplicates.length) * 4)
  writeUint32(value, 0, chunk.cumulativeTsn)
  writeUint32(value, 4, chunk.window)
  writeUint16(value, 8, gaps.length)
  writeUint16(value, 10, duplicates.length)
  let at = FIXED_BYTES
  for (const { start, end } of gaps) {
    writeUint16(value, at, start)
    writeUint16(value, at + 2, end)
    at += 4
  }
  for (const tsn of duplicates) {
    writeUint32(value, at, tsn)
    at += 4
  }
  return value
}
