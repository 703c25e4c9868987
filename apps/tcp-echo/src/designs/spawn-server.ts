import { Socket } from 'node:net'

import { limitLog } from '@sockyard/service/limited-log'
import type { Service, ServiceContext } from '@sockyard/service/server-command'

import type { Plan } from '../choose-design.ts'
import type { ServeOptions } from '../config.ts'
import { exportEngineCounts } from '../epoll/engine-metrics.ts'
import { Admission } from './admission.ts'
import { workerRules } from './engine-rules.ts'
import { type FrontDoor, openFrontDoor, type Visitor } from './front-door.ts'
import type { News, NodeRules } from './messages.ts'
import { WorkerCounts, type WorkerShare } from './worker-counts.ts'
import { countDeaths } from './worker-metrics.ts'
import { WorkerProcess } from './worker-process.ts'

/** Whom a child serves. */
interface Served {
  id: number
  /** By which it is counted. */
  peer: string
  share: WorkerShare
}

const MODULE = new URL('node-worker.ts', import.meta.url)

/** A process for each connection, which inherits its socket: the fork() server. */
export function createSpawnServer(context: ServiceContext<ServeOptions>, plan: Plan): Service {
  const { options, log, metrics } = context
  const { design, engine, maxConnections: maxChildren } = plan
  const limited = limitLog(log)
  const admission = new Admission(options, maxChildren, limited)
  const sum = new WorkerCounts()
  const deaths = countDeaths(metrics)
  const rules: NodeRules = { ...workerRules(options), isSingle: true }
  const children = new Set<WorkerProcess>()
  let door: FrontDoor | undefined
  let arrivals = 0
  let isStopping = false
  exportEngineCounts(metrics, [admission.counts, sum.counts])

  function arrive(visitor: Visitor): void {
    const peer = admission.enter(visitor)
    if (peer === undefined) return
    const { handle, address, port } = visitor
    const id = (arrivals += 1)
    const share = sum.share()
    const onNews = (news: News): void => {
      if (news.kind === 'counts') share.tell(news.values)
      if (news.kind === 'line') limited[news.level]({ ...news.fields, id }, news.message)
    }
    const socket = handle instanceof Socket ? handle : handle.descriptor
    const child = new WorkerProcess({ module: MODULE, rules, socket, onNews })
    children.add(child)
    limited.info({ id, address, port, child: child.pid }, 'connected')
    if (handle instanceof Socket) handle.destroy()
    else handle.close()
    void over(child, { id, peer, share })
  }

  async function over(child: WorkerProcess, { id, peer, share }: Served): Promise<void> {
    const reason = await child.exited
    children.delete(child)
    share.end()
    admission.leave(peer)
    if (reason === 'exit code 0' || isStopping) return
    deaths.inc()
    limited.warn({ id, child: child.pid, reason }, 'worker died')
  }

  return {
    async start() {
      door = await openFrontDoor(engine, context, arrive)
      const { address, port } = door.bound
      log.info({ transport: 'tcp', address, port, design, engine, maxChildren }, 'listening')
    },
    async stop(drained) {
      isStopping = true
      door?.close()
      admission.close()
      for (const child of children) child.order('stop')
      const end = (): void => children.forEach((child) => child.kill())
      if (drained.aborted) end()
      drained.addEventListener('abort', end, { once: true })
      await Promise.all([...children].map(({ exited }) => exited))
    },
  }
}
