/** Serves one request and gives its answer; undefined when there is none. */
export type Serve = (bytes: Buffer) => Promise<Uint8Array | undefined>

interface Request {
  bytes: Buffer
  answer: (bytes: Uint8Array) => void
}

/** Requests that wait for their turn: so many are served at a time, so many more may wait. */
export class RequestQueue {
  readonly #serve: Serve
  readonly #concurrency: number
  readonly #maximum: number
  readonly #waiting: Request[] = []
  #served = 0
  #idle = Promise.withResolvers<void>()

  constructor(serve: Serve, limits: { concurrency: number; maximum: number }) {
    this.#serve = serve
    this.#concurrency = limits.concurrency
    this.#maximum = limits.maximum
    this.#idle.resolve()
  }

  /** Fulfilled when no request is queued or served. */
  get idle(): Promise<void> {
    return this.#idle.promise
  }

  /** Whether one more may come. */
  get hasRoom(): boolean {
    return this.#served < this.#concurrency || this.#waiting.length < this.#maximum
  }

  /** To be called when there is room. */
  add(bytes: Buffer, answer: (bytes: Uint8Array) => void): void {
    if (this.#served === 0) this.#idle = Promise.withResolvers()
    if (this.#served < this.#concurrency) void this.#work({ bytes, answer })
    else this.#waiting.push({ bytes, answer })
  }

  /** One worker: takes the next request until the queue is empty. */
  async #work(first: Request): Promise<void> {
    this.#served += 1
    for (let next: Request | undefined = first; next !== undefined; next = this.#waiting.shift()) {
      const answer = await this.#serve(next.bytes)
      if (answer !== undefined) next.answer(answer)
    }
    this.#served -= 1
    if (this.#served === 0) this.#idle.resolve()
  }
}
