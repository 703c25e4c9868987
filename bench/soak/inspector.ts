import { once } from 'node:events'

/** A collection takes milliseconds; a process that answers nothing for so long hangs. */
const ANSWER_MILLIS = 30_000

interface Answer {
  id: number
  result?: { usedSize?: number }
  error?: { message: string }
}

/**
 * What is alive in the heap of another process of Node, by its inspector (Chrome DevTools Protocol). What is merely
 * not collected yet would hide a leak, or look like one.
 */
export class Inspector {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #next = 1

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
  }

  /** @param url as Node prints it */
  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url)
    await once(socket, 'open', { signal: AbortSignal.timeout(ANSWER_MILLIS) })
    return new Inspector(socket)
  }

  /**
   * Collects garbage, and gives the bytes of the heap that are in use then.
   *
   * @throws {Error} when the process does not answer
   */
  async liveHeapBytes(): Promise<number> {
    await this.#ask('HeapProfiler.collectGarbage')
    const { result } = await this.#ask('Runtime.getHeapUsage')
    return result?.usedSize ?? Number.NaN
  }

  close(): void {
    this.#socket.close()
  }

  #ask(method: string): Promise<Answer> {
    const id = this.#next
    this.#next += 1
    this.#socket.send(JSON.stringify({ id, method }))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new Error(`${method}: no answer in ${ANSWER_MILLIS} ms`))
      }, ANSWER_MILLIS)
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer)
        if (answer.error === undefined) resolve(answer)
        else reject(new Error(`${method}: ${answer.error.message}`))
      })
    })
  }
}
