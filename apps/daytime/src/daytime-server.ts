import { createAddressList } from '@sockyard/service/address-list'
import { ipFamily } from '@sockyard/service/common-options'
import { createRateLimiter } from '@sockyard/service/rate-limiter'
import type { Service, ServiceContext } from '@sockyard/service/server-command'
import { createSourceRules } from '@sockyard/service/source-rules'

import type { ServeOptions } from './config.ts'
import { createDatagramService } from './datagram-service.ts'
import { createStreamService } from './stream-service.ts'
import { serviceOf, SERVICES } from './time-service.ts'
import { createVerdictCounts } from './verdict-counts.ts'

/** One of the sockets behind a service. */
export interface Part {
  /** @returns the port it is bound to */
  start(): Promise<number>
  stop(drained: AbortSignal): Promise<void>
}

/** Daytime (RFC 867) and time (RFC 868), each over TCP and UDP, or what of it we were started with. */
export function createDaytimeServer(context: ServiceContext<ServeOptions>): Service {
  const { options, inherited, metrics } = context
  const started: Part[] = []
  const rules = {
    addresses: createAddressList(options),
    limiter: createRateLimiter({
      perSecond: options.rateLimit,
      maximumSources: options.maxSources,
    }),
    sources: new OwnPorts(options),
  }
  const parts = {
    ...context,
    family: ipFamily(options),
    rules,
    counts: createVerdictCounts(metrics),
  }
  const open = async (part: Part): Promise<void> => {
    started.push(part)
    rules.sources.add(await part.start())
  }
  return {
    async start() {
      for (const name of SERVICES) {
        const passed = inherited.where((socket) => serviceOf(socket, options) === name)
        const isOwn = inherited.isEmpty
        if (isOwn || passed.has('listener', 'connection'))
          await open(createStreamService(parts, name, passed))
        if (isOwn) await open(createDatagramService(parts, name, passed))
        while (passed.has('datagram')) await open(createDatagramService(parts, name, passed))
      }
    },
    stop: async (drained) => void (await Promise.all(started.map((part) => part.stop(drained)))),
  }
}

/** The ports of both services: forged datagrams must not make one ask the other. */
class OwnPorts {
  readonly #rules: ReturnType<typeof createSourceRules>[] = []

  constructor({ port, timePort }: ServeOptions) {
    for (const own of [port, timePort]) this.add(own)
  }

  add(port: number): void {
    this.#rules.push(createSourceRules({ port }))
  }

  readonly refused: ReturnType<typeof createSourceRules> = (source) => {
    for (const refusedBy of this.#rules) {
      const reason = refusedBy(source)
      if (reason !== undefined) return reason
    }
    return undefined
  }
}
