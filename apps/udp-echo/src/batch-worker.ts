import { kernelDrops } from '@sockyard/posix/kernel-drops'
import type { NativeSocket } from '@sockyard/posix/native-socket'
import { bytesToPresentation } from '@sockyard/posix/presentation'
import { DatagramThread } from '@sockyard/service/datagram-thread'
import { SharedTally } from '@sockyard/service/shared-tally'
import { unmapped } from '@sockyard/service/source-address'
import { exportUdpMetrics } from '@sockyard/service/udp-metrics'

import type { BatchEchoData, PostedRefusal } from './batch-echo.ts'
import { BatchLoop } from './batch-loop.ts'
import type { EngineParts } from './echo-engine.ts'
import type { RefusalLog } from './refusal-log.ts'
import { VerdictNumbers } from './verdict-numbers.ts'

/** One socket, what echoes it, and what that counts: a thread for each when there are several, else this one. */
export class BatchWorker {
  readonly #socket: NativeSocket
  readonly #echo: BatchLoop | DatagramThread
  #lastDrops = 0

  /** @param socket bound; this closes it */
  constructor(socket: NativeSocket, port: number, parts: EngineParts, refusals: RefusalLog) {
    const { options, metrics, counted, fail, log } = parts
    const numbers = new VerdictNumbers()
    const tally = new SharedTally(() => this.#drops())
    counted.push(numbers)
    exportUdpMetrics(metrics, tally)
    this.#socket = socket
    const data: BatchEchoData = {
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
    const tell = (refusal: PostedRefusal): void => refusals.tell(readable(refusal))
    if (options.workers === 1) this.#echo = new BatchLoop(socket, data, tell)
    else
      this.#echo = new DatagramThread({
        module: new URL('batch-thread.ts', import.meta.url),
        socket,
        data,
        onMessage: (message) => tell(message as PostedRefusal),
        onFailure: fail,
      })
  }

  /** Fulfilled when the thread answers. */
  get started(): Promise<unknown> {
    return this.#echo instanceof DatagramThread ? this.#echo.started : Promise.resolve()
  }

  async stop(): Promise<void> {
    await this.#echo.stop()
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
