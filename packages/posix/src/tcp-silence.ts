import type { Socket } from 'node:net'
import { constants, endianness } from 'node:os'

import { systemCall } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'

const getsockopt = systemCall('int getsockopt(int, int, int, uint8_t *, uint32_t *)')

const IPPROTO_TCP = 6
/** tcp(7): TCP_INFO fills a struct tcp_info; the first 60 bytes of it are the same in every Linux. */
const TCP_INFO = 11
const TCP_INFO_BYTES = 60
const LAST_DATA_RECEIVED = 52
const LAST_ACK_RECEIVED = 56

/**
 * Milliseconds since the peer's kernel was last heard: data, or an acknowledgement of ours, of a keepalive
 * or of a window probe. A peer that lives and does not read is heard; one that vanished is not.
 * (TCP_USER_TIMEOUT cannot tell the two apart: it ends both.)
 *
 * @throws {SystemCallError} when getsockopt fails, or the socket has no descriptor any more (EBADF)
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function tcpSilenceMillis(socket: Socket): number {
  const info = new Uint8Array(TCP_INFO_BYTES)
  const length = Uint32Array.of(info.length)
  getsockopt(descriptorOf(socket), IPPROTO_TCP, TCP_INFO, info, length)
  const view = new DataView(info.buffer)
  const millis = (offset: number): number => view.getUint32(offset, endianness() === 'LE')
  return Math.min(millis(LAST_DATA_RECEIVED), millis(LAST_ACK_RECEIVED))
}

/** Node keeps the descriptor on the socket's handle, which has no public accessor. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const descriptor: unknown =
    typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined
  if (typeof descriptor === 'number' && descriptor >= 0) return descriptor
  throw new SystemCallError('getsockopt', constants.errno.EBADF)
}
