import type { Socket } from 'node:net'
import { Transform } from 'node:stream'

/** A peer that was quiet for so long when we stop has nothing under way any more. */
const QUIET_MILLIS = 200

/**
 * Reads only as fast as the peer takes its own bytes back, and answers FIN with FIN when all are back.
 *
 * @param thinkMillis the service time of each piece
 */
export function echo(socket: Socket, thinkMillis: number): void {
  if (thinkMillis === 0) socket.pipe(socket)
  else socket.pipe(thinker(thinkMillis)).pipe(socket)
}

/** One piece at a time, as a server does that has work to do for each. */
function thinker(millis: number): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => void setTimeout(done, millis, null, chunk),
  })
}

/** An echo has no word for goodbye but FIN; before it, what is under way comes back. */
export function endWhenQuiet(socket: Socket, thinkMillis: number): void {
  socket.removeAllListeners('timeout')
  socket.setTimeout(QUIET_MILLIS + thinkMillis, () => {
    socket.unpipe().resume().end()
  })
}
