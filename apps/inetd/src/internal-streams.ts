import type { Socket } from 'node:net'
import { Readable } from 'node:stream'

import { encodeTime, formatDaytime } from '@sockyard/protocol/daytime'
import { endSoon } from '@sockyard/service/end-soon'

import type { InternalName } from './internal-name.ts'

/** A peer that was quiet for so long when we stop has nothing under way any more. */
const QUIET_MILLIS = 200

type Serve = (socket: Socket, nowNanos: bigint) => void

/** What inetd does with a connection to one of its own services. */
export const internalStreams: Readonly<Record<InternalName, Serve>> = {
  /** RFC 862: reads only as fast as the peer takes its own bytes back, and answers FIN with FIN. */
  echo: (socket) => socket.pipe(socket),
  /** RFC 863 */
  discard: (socket) => socket.resume().once('end', () => socket.end()),
  daytime: (socket, now) => answer(socket, formatDaytime(now)),
  time: (socket, now) => answer(socket, encodeTime(now)),
  /** RFC 864: as fast as the peer reads, until it goes. */
  chargen: (socket) => {
    const pattern = Readable.from(characters())
    pattern.pipe(socket.resume())
    socket.once('close', () => pattern.destroy())
  },
}

/** We stop: what is under way still goes out; a pattern without end ends. */
export function endStream(name: InternalName, socket: Socket): void {
  if (name === 'chargen') return void socket.destroy()
  socket.removeAllListeners('timeout')
  socket.setTimeout(QUIET_MILLIS, () => socket.unpipe(socket).resume().end())
}

function answer(socket: Socket, bytes: Uint8Array | string): void {
  socket.write(bytes)
  endSoon(socket)
}

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
const LINE_CHARACTERS = 72

/** All 95 lines of 72 characters, each line begins one character further; again and again. */
function* characters(): Generator<Buffer> {
  const twice = PRINTABLE + PRINTABLE
  const lines = Array.from(PRINTABLE, (_, first) => twice.slice(first, first + LINE_CHARACTERS))
  const page = Buffer.from(`${lines.join('\r\n')}\r\n`)
  for (;;) yield page
}
