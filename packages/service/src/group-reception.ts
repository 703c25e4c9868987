import type { Socket } from 'node:dgram'

import type { NativeSocket } from '@sockyard/posix/native-socket'

/** A socket that has joined one group on one interface, and hands over what comes in. */
export interface GroupReception {
  /** For `getSocketOption`. */
  readonly target: NativeSocket | Socket
  /** How many datagrams the kernel dropped on it; undefined where it is not asked socket by socket. */
  drops?(): number
  /** Drops the membership. @throws {Error} when the interface is gone, and the membership with it */
  leave(): void
  /** Hands over nothing any more. */
  close(): Promise<void>
}
