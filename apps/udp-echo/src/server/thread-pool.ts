import { Worker } from 'node:worker_threads'

/** V8 would take more before it collects anything. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 }

/** Threads that each serve one request at a time; one that ends is replaced, and its request has no answer. */
export class ThreadPool {
  readonly #module: URL
  readonly #data: unknown
  readonly #onDeath: (error: Error) => void
  readonly #free: Worker[]
  readonly #all = new Set<Worker>()
  #isOpen = true

  /** @param module answers each message that it gets with one */
  constructor(
    size: number,
    start: { module: URL; data: unknown; onDeath: (error: Error) => void },
  ) {
    this.#module = start.module
    this.#data = start.data
    this.#onDeath = start.onDeath
    this.#free = Array.from({ length: size }, () => this.#start())
  }

  /** To be called by as many at a time as there are threads. */
  async serve(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const worker = this.#free.pop() ?? this.#start()
    const answer = Promise.withResolvers<Uint8Array | undefined>()
    const onExit = (): void => answer.resolve(undefined)
    worker.once('message', answer.resolve).once('exit', onExit)
    worker.postMessage(bytes, [])
    const result = await answer.promise
    worker.off('message', answer.resolve).off('exit', onExit)
    if (this.#all.has(worker)) this.#free.push(worker)
    return result
  }

  async close(): Promise<void> {
    this.#isOpen = false
    await Promise.all([...this.#all].map((worker) => worker.terminate()))
  }

  #start(): Worker {
    const worker = new Worker(this.#module, {
      workerData: this.#data,
      resourceLimits: LIMITS,
      execArgv: [],
    })
    let failure = new Error('it ended')
    this.#all.add(worker)
    worker.on('error', (error) => (failure = error instanceof Error ? error : failure))
    worker.once('exit', () => {
      this.#all.delete(worker)
      if (this.#isOpen) this.#onDeath(failure)
    })
    return worker
  }
}
