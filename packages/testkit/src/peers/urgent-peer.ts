import { setSocketOption } from '@sockyard/posix/options'
import { inetPton, MSG, NativeSocket } from '@sockyard/posix/socket'

/** What else a client waits for an answer: a call that waits cannot be interrupted. */
const PATIENCE_MILLIS = 10_000

/**
 * A client that sends a text, one urgent byte (MSG_OOB, tcp(7)), a text and FIN. Blocks this thread.
 *
 * @returns all that came back
 */
export function exchangeUrgent(
  port: number,
  before: string,
  urgent: string,
  after: string,
): string {
  using socket = NativeSocket.open({ family: 'IPv4', type: 'stream' })
  setSocketOption(socket, 'SO_RCVTIMEO', PATIENCE_MILLIS)
  const bytes = inetPton('127.0.0.1') ?? new Uint8Array(4)
  socket.connect({ family: 'IPv4', bytes, port, scope: 0 })
  socket.send(Buffer.from(before))
  socket.send(Buffer.from(urgent), MSG.OOB)
  socket.send(Buffer.from(after))
  socket.shutdown('writing')
  return receiveAll(socket)
}

function receiveAll(socket: NativeSocket): string {
  const memory = new Uint8Array(1_024)
  let text = ''
  for (;;) {
    const length = socket.receive(memory) ?? 0
    if (length === 0) return text
    text += Buffer.from(memory.subarray(0, length)).toString()
  }
}
