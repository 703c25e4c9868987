import { kernelDrops } from '@sockyard/posix/kernel-drops'
import type { NativeSocket } from '@sockyard/posix/native-socket'
import { bytesToPresentation } from '@sockyard/posix/presentation'
import { DatagramThread } from '@sockyard/service/datagram-thread'
import { SharedTally } from '@sockyard/service/shared-tally'
import { unmapped } from '@sockyard/service/source-address'
import { exportUdpMetrics } from '@sockyard/service/udp-metrics'

import type { BatchThreadData, PostedRefusal } from './batch-thread.ts'
import type { EngineParts } from './echo-engine.ts'
import type { RefusalLog } from './refusal-log.ts'
import { VerdictNumbers } from './verdict-numbers.ts'

/** One socket with its thread, and what that counts. */
export class BatchWorker {
  readonly #socket: NativeSocket
  readonly #thread: DatagramThread
  #lastDrops = 0

  /** @param socket bound; this closes it */
  constructor(socket: NativeSocket, port: number, parts: EngineParts, refusals: RefusalLog) {
    const { options, metrics, counted, fail, log } = parts
    const numbers = new VerdictNumbers()
    const tally = new SharedTally(() => this.#drops())
    counted.push(numbers)
    exportUdpMetrics(metrics, tally)
    this.#socket = socket
    const data: BatchThreadData = {
      port,
      perSecond: options.rateLimit,
      maximumSources: Math.ceil(options.maxSources / options.workers),
      allow: options.allow,
      deny: options.deny,
      verdicts: numbers.numbers,
      tally: tally.numbers,
      refused: refusals.refused,
      tells: log.isLevelEnabled('info'),
    }
    this.#thread = new DatagramThread({
      module: new URL('batch-thread.ts', import.meta.url),
      socket,
      data,
      onMessage: (message) => refusals.tell(readable(message as PostedRefusal)),
      onFailure: fail,
    })
  }

  /** Fulfilled when the thread answers. */
  get started(): Promise<unknown> {
    return this.#thread.started
  }

  async stop(): Promise<void> {
    await this.#thread.stop()
    this.#drops()
    this.#socket.close()
  }

  #drops(): number {
    if (!this.#socket.closed) this.#lastDrops = kernelDrops(this.#socket)
    return this.#lastDrops
  }
}

function readable({ source, scope, ...rest }: PostedRefusal) {
  const zone = scope === 0 ? '' : `%${scope}`
  return { address: `${unmapped(bytesToPresentation(source))}${zone}`, ...rest }
}
