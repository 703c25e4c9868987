import { createAddressList } from '@sockyard/service/address-list'
import { ipFamily } from '@sockyard/service/common-options'
import type { Service, ServiceContext } from '@sockyard/service/server-command'

import { chooseDesign, type Plan } from './choose-design.ts'
import type { ServeOptions } from './config.ts'
import type { EchoEngine, EngineParts } from './echo-engine.ts'
import { exportVerdicts } from './export-verdicts.ts'

/** The echo service of RFC 862 over UDP: a datagram goes back to where it came from, byte for byte. */
export function createEchoServer(context: ServiceContext<ServeOptions>): Service {
  const { options, inherited, log, metrics, fail } = context
  // `--check` finds what is wrong with the lists, whatever the engine.
  createAddressList(options)
  const family = ipFamily(options)
  const plan = chooseDesign(options, !inherited.isEmpty)
  const sized = { ...options, workers: plan.workers }
  const parts: EngineParts = { options: sized, inherited, log, metrics, fail, family, counted: [] }
  exportVerdicts(metrics, parts.counted)
  let engine: EchoEngine | undefined
  return {
    async start() {
      // Of the batch engine the line `listening` tells.
      log[plan.engine === 'batch' ? 'debug' : 'info'](plan, 'engine')
      engine = await load(plan, parts)
      await engine.start()
    },
    stop: async (drained) => engine?.stop(drained),
  }
}

/** What the other engine needs is not loaded. */
async function load({ design, engine }: Plan, parts: EngineParts): Promise<EchoEngine> {
  if (engine === 'dgram' && design === 'event-loop' && parts.options.think === 0)
    return (await import('./dgram-engine.ts')).createDgramEngine(parts)
  if (engine === 'dgram')
    return (await import('./designs/queued-engine.ts')).createQueuedEngine(parts, design)
  return (await import('./batch-engine.ts')).createBatchEngine(parts)
}
