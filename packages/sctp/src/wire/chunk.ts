import type { ErrorCause } from './error-cause.ts'
import type { Parameter } from './parameter.ts'

/** Chunk types, RFC 9260 section 3.2, table 1. */
export const CHUNK_TYPE = {
  DATA: 0,
  INIT: 1,
  INIT_ACK: 2,
  SACK: 3,
  HEARTBEAT: 4,
  HEARTBEAT_ACK: 5,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  ERROR: 9,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  ECNE: 12,
  CWR: 13,
  SHUTDOWN_COMPLETE: 14,
  /** RFC 4820. */
  PAD: 132,
} as const

/** DATA, RFC 9260 section 3.3.1: a user message or a fragment of one. */
export interface DataChunk {
  kind: 'data'
  tsn: number
  stream: number
  /** Stream sequence number; without meaning when `unordered`. */
  sequence: number
  /** Payload protocol identifier: carried for the application, in host order here. */
  protocolId: number
  unordered: boolean
  beginning: boolean
  ending: boolean
  /** The I bit: the sender asks for a SACK at once. */
  immediate: boolean
  data: Uint8Array
}

/** INIT and INIT ACK, RFC 9260 sections 3.3.2 and 3.3.3. */
export interface InitChunk {
  kind: 'init' | 'init-ack'
  initiateTag: number
  /** Advertised receiver window credit, bytes. */
  window: number
  outboundStreams: number
  inboundStreams: number
  initialTsn: number
  parameters: Parameter[]
}

/** A range of TSNs received beyond a gap, as offsets from the cumulative TSN, both ends included. */
export interface GapBlock {
  start: number
  end: number
}

/** SACK, RFC 9260 section 3.3.4. */
export interface SackChunk {
  kind: 'sack'
  cumulativeTsn: number
  /** Advertised receiver window credit, bytes. */
  window: number
  gaps: GapBlock[]
  duplicates: number[]
}

/** HEARTBEAT and HEARTBEAT ACK, RFC 9260 sections 3.3.5 and 3.3.6. */
export interface HeartbeatChunk {
  kind: 'heartbeat' | 'heartbeat-ack'
  info: Uint8Array
}

/** ABORT, RFC 9260 section 3.3.7; `reflected` is the T bit: the tag is the receiver's peer's own. */
interface AbortChunk {
  kind: 'abort'
  reflected: boolean
  causes: ErrorCause[]
}

/** ERROR, RFC 9260 section 3.3.10. */
interface ErrorChunk {
  kind: 'error'
  causes: ErrorCause[]
}

/** SHUTDOWN, RFC 9260 section 3.3.8. */
export interface ShutdownChunk {
  kind: 'shutdown'
  cumulativeTsn: number
}

/** COOKIE ECHO, RFC 9260 section 3.3.11. */
export interface CookieEchoChunk {
  kind: 'cookie-echo'
  cookie: Uint8Array
}

/** SHUTDOWN COMPLETE, RFC 9260 section 3.3.13; `reflected` is the T bit. */
interface ShutdownCompleteChunk {
  kind: 'shutdown-complete'
  reflected: boolean
}

/** SHUTDOWN ACK and COOKIE ACK, RFC 9260 sections 3.3.9 and 3.3.12: nothing but their type. */
interface BareChunk {
  kind: 'shutdown-ack' | 'cookie-ack'
}

/** ECNE and CWR, reserved by RFC 9260 section 3.2: the lowest TSN of the event (RFC 4960 appendix A). */
export interface EcnChunk {
  kind: 'ecne' | 'cwr'
  lowestTsn: number
}

/** PAD, RFC 4820: nothing, `bytes` long beside its header. */
interface PadChunk {
  kind: 'pad'
  bytes: number
}

/** A chunk of a type that we do not know, whole, as it must be quoted in an ERROR. */
export interface UnknownChunk {
  kind: 'unknown'
  type: number
  chunk: Uint8Array
}

/** Every chunk (RFC 9260 section 3.3 and appendix A, RFC 4820). */
export type Chunk =
  | DataChunk
  | InitChunk
  | SackChunk
  | HeartbeatChunk
  | AbortChunk
  | ErrorChunk
  | ShutdownChunk
  | CookieEchoChunk
  | ShutdownCompleteChunk
  | BareChunk
  | EcnChunk
  | PadChunk
  | UnknownChunk
