import type { Socket } from 'node:net'

/** Peers that are told why they are refused, or dropped, have this long to read it. */
const LAST_WORDS_MILLIS = 1_000

/**
 * Sends what was written and a FIN, and reads away what still comes (unread, it would turn the FIN into a RST).
 *
 * @param patienceMillis after which the socket is destroyed when the peer did not end it too
 */
export function endSoon(socket: Socket, patienceMillis = LAST_WORDS_MILLIS): void {
  socket.removeAllListeners('data')
  socket.resume()
  socket.end()
  const timer = setTimeout(() => socket.destroy(), patienceMillis)
  socket.once('end', () => socket.destroySoon())
  socket.once('close', () => clearTimeout(timer))
}
