/**
 * Serial number arithmetic (RFC 1982), as RFC 9260 section 1.6 asks for TSNs (32 bits) and stream
 * sequence numbers (16 bits): numbers wrap, and "before" means "less than half the circle ahead".
 */

/** Is the TSN `a` before the TSN `b`? */
export const tsnBefore = (a: number, b: number): boolean => ((a - b) | 0) < 0

/** How many steps lead from the TSN `from` to the TSN `to`; negative when `to` is before `from`. */
export const tsnDistance = (from: number, to: number): number => (to - from) | 0

/** The TSN `steps` after `tsn` (before it, if negative). */
export const tsnPlus = (tsn: number, steps: number): number => (tsn + steps) >>> 0

/** Is the stream sequence number `a` before `b`? */
export const sequenceBefore = (a: number, b: number): boolean => ((a - b) << 16) >> 16 < 0

/** The stream sequence number after `sequence`. */
export const nextSequence = (sequence: number): number => (sequence + 1) & 0xffff
