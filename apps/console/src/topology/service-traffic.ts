import type { ListeningSocket } from '../services/listening.ts'
import type { Flow } from './flows.ts'
import type { PeersAnswer } from './peers.ts'

/** What one service says of its network. */
export interface ServiceTraffic {
  id: string
  /** The name of the app; null while it is not known. */
  service: string | null
  listening: readonly ListeningSocket[]
  memberships: PeersAnswer['memberships']
  flows: readonly Flow[]
}
