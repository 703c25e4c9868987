import { readdirSync } from 'node:fs'

import { cpuSecondsOf, residentKiB, threadCount } from '../harness/process-tree.ts'
import { Inspector } from './inspector.ts'
import type { ServiceProcess } from './service-process.ts'

/** One look at one service. */
export interface Sample {
  /** Seconds since the soak began. */
  seconds: number
  /** Of the heap, in use after a collection. */
  heapBytes: number
  residentBytes: number
  descriptors: number
  threads: number
  /** Delays of the event loop since the look before. */
  loopP99Millis: number
  loopMaxMillis: number
  /** Of the process, since it started. */
  cpuSeconds: number
}

/** Watches one service: what it holds, and how late its event loop is. */
export class Watch {
  readonly service: ServiceProcess
  readonly samples: Sample[] = []
  readonly #inspector: Inspector
  readonly #admin: string

  private constructor(service: ServiceProcess, inspector: Inspector, adminPort: number) {
    this.service = service
    this.#inspector = inspector
    this.#admin = `http://127.0.0.1:${adminPort}`
  }

  static async open(service: ServiceProcess): Promise<Watch> {
    const adminPort = await service.port('http')
    const inspector = await Inspector.connect(await service.inspector())
    return new Watch(service, inspector, adminPort)
  }

  /** @throws {Error} when the service is gone or does not answer */
  async look(seconds: number): Promise<Sample> {
    const metrics = await this.metrics()
    const lag = (of: string): number =>
      1000 * metricValue(metrics, `nodejs_eventloop_lag_${of}_seconds`)
    const { pid } = this.service
    const sample = {
      seconds,
      loopP99Millis: lag('p99'),
      loopMaxMillis: lag('max'),
      heapBytes: await this.#inspector.liveHeapBytes(),
      residentBytes: residentKiB(pid) * 1024,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      threads: threadCount(pid),
      cpuSeconds: cpuSecondsOf(pid),
    }
    this.samples.push(sample)
    return sample
  }

  /** The metrics of the service, in the text format of Prometheus. */
  async metrics(): Promise<string> {
    // A connection that is kept would be a descriptor more.
    const response = await fetch(`${this.#admin}/metrics`, { headers: { connection: 'close' } })
    return response.text()
  }

  close(): void {
    this.#inspector.close()
  }
}

/** The sum of a metric over its labels; NaN when there is none. */
export function metricValue(text: string, name: string): number {
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(' '))))
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0)
}
