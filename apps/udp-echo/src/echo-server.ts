import { createAddressList } from '@sockyard/service/address-list'
import { ipFamily } from '@sockyard/service/common-options'
import type { Service, ServiceContext } from '@sockyard/service/server-command'

import { chooseEngine } from './choose-engine.ts'
import type { ServeOptions } from './config.ts'
import type { EchoEngine, EngineParts } from './echo-engine.ts'
import { exportVerdicts } from './export-verdicts.ts'

/** The echo service of RFC 862 over UDP: a datagram goes back to where it came from, byte for byte. */
export function createEchoServer(context: ServiceContext<ServeOptions>): Service {
  const { options, inherited, log, metrics, fail } = context
  // `--check` finds what is wrong with the lists, whatever the engine.
  createAddressList(options)
  const family = ipFamily(options)
  const parts: EngineParts = { options, inherited, log, metrics, fail, family, counted: [] }
  const choice = chooseEngine(options, !inherited.isEmpty)
  exportVerdicts(metrics, parts.counted)
  let engine: EchoEngine | undefined
  return {
    async start() {
      log[choice.why === undefined ? 'debug' : 'info'](choice, 'engine')
      engine = await load(choice.engine, parts)
      await engine.start()
    },
    stop: async (drained) => engine?.stop(drained),
  }
}

/** What the other engine needs is not loaded. */
async function load(engine: 'batch' | 'dgram', parts: EngineParts): Promise<EchoEngine> {
  if (engine === 'dgram') return (await import('./dgram-engine.ts')).createDgramEngine(parts)
  return (await import('./batch-engine.ts')).createBatchEngine(parts)
}
