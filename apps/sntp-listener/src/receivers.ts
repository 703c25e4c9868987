import { createBroadcastReceiver } from '@sockyard/service/broadcast-receiver'
import type { InterfaceChoice } from '@sockyard/service/group-interfaces'
import type { Logger } from '@sockyard/service/log'
import {
  createMembership,
  type GroupDatagramSource,
  type GroupMembership,
} from '@sockyard/service/membership'
import type { Registry } from '@sockyard/service/prometheus'

import type { ListenOptions } from './config.ts'

export interface Receivers {
  start(): Promise<void>
  stop(): Promise<void>
  /** What is listened to now. */
  places(): GroupMembership[]
}

interface Parts {
  readonly options: ListenOptions
  readonly interfaces: InterfaceChoice
  readonly log: Logger
  readonly metrics: Registry
  readonly onDatagram: (bytes: Buffer, source: GroupDatagramSource) => void
}

/** Receives the groups, and the broadcasts where wanted, and no unicast, which could come from anywhere. */
export function createReceivers({ options, ...parts }: Parts): Receivers {
  const { port, group, broadcast } = options
  const membership = createMembership({
    ...parts,
    port,
    groups: group.map((address) => ({ address })),
  })
  const broadcasts = broadcast ? createBroadcastReceiver({ ...parts, port }) : undefined
  return {
    async start() {
      await membership.start()
      try {
        await broadcasts?.start()
      } catch (error) {
        await membership.stop()
        throw error
      }
    },
    async stop() {
      await Promise.all([membership.stop(), broadcasts?.stop()])
    },
    places: () => [...membership.joined, ...(broadcasts?.open ?? [])],
  }
}
