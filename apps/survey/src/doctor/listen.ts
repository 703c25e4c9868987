import { setTimeout as after } from 'node:timers/promises'

import { chooseEngine } from '@sockyard/net/engine'
import { eachDatagram, MulticastMembership } from '@sockyard/net/multicast'

/** So many of one sender are enough to know that a group arrives. */
const ENOUGH = 10

export interface Listening {
  group: string
  port: number
  interfaces: readonly string[]
  millis: number
  signal: AbortSignal
}

/** How many datagrams came, by interface and sender: `eth0 192.0.2.1`. */
export type Heard = Map<string, number>

/** Joins a group, and counts what a fresh socket receives; sooner when it is enough to know. */
export async function listen(listening: Listening): Promise<Heard> {
  const { group, port, interfaces, millis, signal } = listening
  const heard: Heard = new Map()
  const enough = new AbortController()
  const membership = new MulticastMembership({
    groups: [{ address: group }],
    interfaces,
    port,
    engine: chooseEngine('auto').engine,
    log: SILENT,
    onBatch: eachDatagram((_bytes, { address, interface: name }) => {
      const key = `${name} ${address}`
      const datagrams = (heard.get(key) ?? 0) + 1
      heard.set(key, datagrams)
      if (datagrams === ENOUGH) enough.abort()
    }),
  })
  await membership.start()
  try {
    await after(millis, undefined, { signal: AbortSignal.any([signal, enough.signal]) })
  } catch {
    signal.throwIfAborted()
  } finally {
    await membership.stop()
  }
  return heard
}

/** A doctor reports itself what was logged here. */
export const SILENT = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  isLevelEnabled: () => false,
}
