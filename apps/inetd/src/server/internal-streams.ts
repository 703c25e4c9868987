import { type ConnectionHandler, echo, type TcpConnection } from '@sockyard/net/tcp'
import { encodeTime, formatDaytime } from '@sockyard/protocol/daytime'

import type { InternalName } from '../configuration/host-lookups.ts'

/** After a stop a connection is ended when nothing moved on it for so long. */
const DRAIN_IDLE_MILLIS = 200
/** Pages of the chargen pattern that are written before other connections get their turn. */
const PAGES_AT_ONCE = 16

/** @returns undefined when the connection has been answered, and is being closed */
type Accept = (connection: TcpConnection, nowNanos: bigint) => ConnectionHandler | undefined

/** What inetd does with a connection to one of its own services. */
export const internalStreams: Readonly<Record<InternalName, Accept>> = {
  echo: () => echo,
  /** RFC 863 */
  discard: () => ({ onData() {} }),
  daytime: (connection, now) => answer(connection, Buffer.from(formatDaytime(now))),
  time: (connection, now) => answer(connection, encodeTime(now)),
  /** RFC 864: as fast as the peer reads, until it closes the connection. */
  chargen: (connection) => {
    generate(connection)
    return { onData() {}, onEnd() {}, onDrain: generate }
  },
}

/** The server stops: what is under way still goes out; a pattern without end ends. */
export function endStream(name: InternalName, connection: TcpConnection): void {
  if (name === 'chargen') connection.destroy()
  else endWhenIdle(connection)
}

function endWhenIdle(connection: TcpConnection): void {
  const idle = performance.now() - connection.lastActivityAt
  if (!connection.isWritable) return
  if (idle >= DRAIN_IDLE_MILLIS && connection.queuedBytes === 0) connection.lingeringClose()
  else setTimeout(() => endWhenIdle(connection), Math.max(20, DRAIN_IDLE_MILLIS - idle))
}

function answer(connection: TcpConnection, bytes: Uint8Array): undefined {
  connection.write(bytes)
  connection.lingeringClose()
}

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
const LINE_CHARACTERS = 72
/** All 95 lines of 72 characters; each begins one character further. */
const PATTERN = pattern()

function pattern(): Uint8Array {
  const twice = PRINTABLE + PRINTABLE
  const lines = Array.from(PRINTABLE, (_, first) => twice.slice(first, first + LINE_CHARACTERS))
  return Buffer.from(`${lines.join('\r\n')}\r\n`)
}

function generate(connection: TcpConnection): void {
  for (let pages = 0; pages < PAGES_AT_ONCE; pages += 1) if (!connection.write(PATTERN)) return
  setImmediate(generate, connection)
}
