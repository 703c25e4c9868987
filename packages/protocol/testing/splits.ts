/**
 * Cuts a stream into chunks, as TCP may.
 *
 * @param sizes of the chunks, over and over (0 is an empty chunk); what they do not reach comes as one
 */
export function splits(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let start = 0
  for (let turn = 0; start < stream.length && turn < stream.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 0
    chunks.push(stream.subarray(start, start + size))
    start += size
  }
  return [...chunks, stream.subarray(start)]
}
