import type { SocketTarget } from '@sockyard/posix/descriptor-of'

/** A socket that has joined one group on one interface, and hands over what comes in. */
export interface GroupReception {
  /** For `getSocketOption`. */
  readonly target: SocketTarget
  /** How many datagrams the kernel dropped on it; undefined where it is not asked socket by socket. */
  drops?(): number
  /** Drops the membership. @throws {Error} when the interface is gone, and the membership with it */
  leave(): void
  /** Hands over nothing any more. */
  close(): Promise<void>
}
