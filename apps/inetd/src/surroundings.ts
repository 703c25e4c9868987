import type { AddressList } from '@sockyard/service/address-list'
import type { LimitedLog } from '@sockyard/service/limited-log'
import type { Logger } from '@sockyard/service/log'
import type { Registry } from '@sockyard/service/prometheus'

import type { Children } from './children.ts'
import type { ServeOptions } from './config.ts'
import type { Readiness } from './readiness.ts'
import type { Tallies } from './tallies.ts'

/** What all services have in common. */
export interface Surroundings {
  options: ServeOptions
  log: Logger
  limited: LimitedLog
  metrics: Registry
  tallies: Tallies
  /** `--allow` and `--deny` */
  addresses: AddressList
  children: Children
  readiness: Readiness
  /** UDP ports of the internal services: two that answer each other never stop (CERT CA-1996-01). */
  ownPorts: Set<number>
  /** Nanoseconds since 1970. */
  now: () => bigint
}
