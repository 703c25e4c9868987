import { limitLog } from '@sockyard/service/limited-log'
import type { Service, ServiceContext } from '@sockyard/service/server-command'

import type { Plan } from '../choose-design.ts'
import type { ServeOptions } from '../config.ts'
import { exportEngineCounts } from '../epoll/engine-metrics.ts'
import { Admission } from './admission.ts'
import { type FrontDoor, openFrontDoor, type Visitor } from './front-door.ts'
import { type Handover, nativeHandover, nodeHandover } from './handover.ts'
import { WorkerPool } from './worker-pool.ts'

/** How the log calls it. */
const HANDOVERS = { epoll: 'SCM_RIGHTS', node: 'handle passing of Node' } as const

/** A pool of processes that were started before: the parent accepts, and hands each connection over to one. */
export function createPassServer(
  context: ServiceContext<ServeOptions>,
  { design, engine, workers, maxConnections }: Plan,
): Service {
  const { options, log, metrics } = context
  const limited = limitLog(log)
  const admission = new Admission(options, maxConnections, limited)
  const handover: Handover =
    engine === 'epoll' ? nativeHandover(context, workers) : nodeHandover(context)
  /** Of each worker, whom it serves. */
  const served = Array.from({ length: workers }, () => new Map<string, string[]>())
  /** How many each serves. */
  const loads = served.map(() => 0)
  const pool = new WorkerPool({
    count: workers,
    log,
    metrics,
    launch: handover.launch,
    onLeft: (index, peer) => left(index, peer),
    onEnded: (index) => {
      handover.ended(index)
      for (const peer of [...(served[index]?.values() ?? [])].flat()) admission.leave(peer)
      served[index]?.clear()
      loads[index] = 0
    },
  })
  let door: FrontDoor | undefined
  exportEngineCounts(metrics, [admission.counts, ...pool.counts])

  function left(index: number, name: string): void {
    const peers = served[index]?.get(name) ?? []
    const peer = peers.pop()
    if (peer === undefined) return
    admission.leave(peer)
    loads[index] = (loads[index] ?? 0) - 1
    if (peers.length === 0) served[index]?.delete(name)
  }

  function arrive(visitor: Visitor): void {
    const peer = admission.enter(visitor)
    if (peer === undefined) return
    for (const index of byLoad()) {
      const name = handover.pass(index, visitor, peer)
      if (name === undefined) continue
      const same = served[index]?.get(name) ?? []
      served[index]?.set(name, [...same, peer])
      loads[index] = (loads[index] ?? 0) + 1
      return
    }
    admission.leave(peer)
    admission.counts.refused('dropped')
    limited.warn({ address: visitor.address }, 'no worker takes it')
    admission.turnAway(visitor)
  }

  /** Whoever serves fewest comes first. */
  function byLoad(): number[] {
    return [...loads.keys()].toSorted((one, other) => (loads[one] ?? 0) - (loads[other] ?? 0))
  }

  return {
    async start() {
      await pool.start()
      door = await openFrontDoor(engine, context, arrive)
      const { address, port } = door.bound
      const how = { design, engine, workers, handover: HANDOVERS[engine] }
      log.info({ transport: 'tcp', address, port, ...how }, 'listening')
    },
    async stop(drained) {
      door?.close()
      admission.close()
      await pool.stop(drained)
    },
  }
}
