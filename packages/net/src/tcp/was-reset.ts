import type { Socket } from 'node:net'

import { NativeCallsMissingError } from '@sockyard/posix/ffi'
import { getSocketOption } from '@sockyard/posix/options'
import type { NativeSocket } from '@sockyard/posix/socket'

/**
 * Whether the peer has reset an accepted connection already (state CLOSED, RFC 9293, 3.3.2): what costs much is not
 * begun for it. False where koffi is absent, and it is not known.
 */
export function wasReset(socket: Socket | NativeSocket): boolean {
  try {
    return getSocketOption(socket, 'TCP_INFO').state === 'CLOSED'
  } catch (error) {
    if (error instanceof NativeCallsMissingError) return false
    throw error
  }
}
