import type * as http from 'node:http'
import { createRequire } from 'node:module'

import { EventStreamReader, type StreamEvent } from './event-stream.ts'

// Not imported, for the reason that stands in packages/service/src/http/http-server.ts.
const { Agent, request } = createRequire(import.meta.url)('node:http') as typeof http

/** For a whole answer; a service that needs longer is down. */
const ANSWER_MILLIS = 5_000
/** More is no answer of a service. */
const LARGEST_ANSWER_BYTES = 4 * 1024 * 1024

/** What a service answered that was no use. */
class AdminAnswerError extends Error {
  override readonly name = 'AdminAnswerError'
  readonly path: string
  readonly status: number

  constructor(path: string, status: number) {
    super(`GET ${path} was answered with ${status}`)
    this.path = path
    this.status = status
  }
}

/** Reads the admin endpoint of one service, over one connection that is kept, and one for its event stream. */
export class AdminClient {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 })

  /** @param url such as http://127.0.0.1:9101 */
  constructor(url: string) {
    this.#url = url
  }

  /**
   * @throws {AdminAnswerError} when the status is not 200
   * @throws {Error} a system error, such as ECONNREFUSED, or a TimeoutError
   */
  get(path: string, signal: AbortSignal): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const asked = this.#ask(path, {}, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MILLIS)]))
    asked.once('error', reject)
    asked.once('response', (response) => {
      const parts: string[] = []
      let length = 0
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        length += part.length
        if (length > LARGEST_ANSWER_BYTES) response.destroy(new Error(`GET ${path}: too long`))
        else parts.push(part)
      })
      response.once('error', reject)
      response.once('end', () => {
        const { statusCode: status = 0 } = response
        if (status === 200) resolve(parts.join(''))
        else reject(new AdminAnswerError(path, status))
      })
    })
    return promise
  }

  /**
   * Reads the event stream until it ends; never rejects.
   *
   * @param lastId that of the last event that was read: what came after it is sent first
   * @param onEvent ends the stream by returning false
   */
  follow(
    lastId: string,
    onEvent: (event: StreamEvent) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const asked = this.#ask('/events', { 'last-event-id': lastId }, signal, false)
    const reader = new EventStreamReader((event) => {
      if (!asked.destroyed && !onEvent(event)) asked.destroy()
    })
    const onResponse = (response: http.IncomingMessage): void => {
      if (response.statusCode !== 200) response.destroy()
      response.setEncoding('utf8').on('data', (text: string) => reader.write(text))
      response.once('error', () => resolve()).once('close', () => resolve())
    }
    asked.once('response', onResponse).once('error', () => resolve())
    return promise
  }

  close(): void {
    this.#agent.destroy()
  }

  #ask(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
    agent: InstanceType<typeof Agent> | false = this.#agent,
  ): http.ClientRequest {
    return request(`${this.#url}${path}`, { headers, signal, agent }).end()
  }
}
