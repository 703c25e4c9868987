import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { nativeCallsWork } from '@sockyard/posix/libc'
import { setSocketOption } from '@sockyard/posix/socket-options'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import type { SetDontFragment } from '@sockyard/sctp/socket/udp-socket'

/** ip(7): IP_PMTUDISC_DONT, and IP_PMTUDISC_PROBE, which does not ask what the kernel thinks of the path. */
const FRAGMENT = 0
const DO_NOT_FRAGMENT = 3

/** Every IPv6 link carries this (RFC 8200 section 5); 0: as the interface. */
const SMALLEST_IPV6_MTU = 1280

/** Without it no path MTU can be discovered: undefined where koffi is missing, or the kernel has no such option. */
export async function fragmentationControl(): Promise<SetDontFragment | undefined> {
  if (!nativeCallsWork()) return undefined
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  try {
    setDontFragment(socket, true)
    return setDontFragment
  } catch (error) {
    if (error instanceof SystemCallError) return undefined
    throw error
  } finally {
    socket.close()
  }
}

function setDontFragment(socket: Socket, isForbidden: boolean): void {
  const mode = isForbidden ? DO_NOT_FRAGMENT : FRAGMENT
  if (socket.address().family === 'IPv4') return setSocketOption(socket, 'IP_MTU_DISCOVER', mode)
  setSocketOption(socket, 'IPV6_MTU_DISCOVER', mode)
  // Routers fragment IPv4 only.
  setSocketOption(socket, 'IPV6_MTU', isForbidden ? 0 : SMALLEST_IPV6_MTU)
}
