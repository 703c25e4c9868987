/** How sequence numbers of one width count on from each other. */
export interface SequenceSpace<Sequence> {
  /** How far `sequence` is ahead of `origin`, negative when behind, the short way round. */
  distance(sequence: Sequence, origin: Sequence): number
  /** The one that is `steps` further. */
  advance(origin: Sequence, steps: number): Sequence
}

/** 32 bits: 0 follows 4,294,967,295 (serial number arithmetic, RFC 1982). */
export const u32: SequenceSpace<number> = {
  distance: (sequence, origin) => (sequence - origin) | 0,
  advance: (origin, steps) => (origin + steps) >>> 0,
}

/** Places on a line, such as those of `U64Positions`: they do not wrap. */
export const line: SequenceSpace<number> = {
  distance: (sequence, origin) => sequence - origin,
  advance: (origin, steps) => origin + steps,
}
