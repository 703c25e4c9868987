import { fileURLToPath } from 'node:url'

/** Programs for the other host of `twoHosts`: `ip netns exec NAMESPACE node PROGRAM ARGUMENTS`. */
export const PROGRAMS = {
  /** PORT ADDRESS…: asks at each address, and says from where it was answered; then forges an IPv4-mapped source. */
  udpPeer: fileURLToPath(new URL('udp-peer.ts', import.meta.url)),
  /** PORT PER_SECOND BYTES SECONDS: asks from hosts that are not there, and says how others were answered meanwhile. */
  absentNeighbours: fileURLToPath(new URL('absent-neighbours.ts', import.meta.url)),
} as const
