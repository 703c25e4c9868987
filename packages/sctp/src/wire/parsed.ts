import type { MalformedPacketError } from './malformed-packet-error.ts'

/** What a parser makes of any bytes: a value, or a typed error; it never throws. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; error: MalformedPacketError }
