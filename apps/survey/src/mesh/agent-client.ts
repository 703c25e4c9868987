import type { Socket } from 'node:net'

import { resolveTarget } from '@sockyard/net/address'
import { connectTo } from '@sockyard/net/connect'
import type { SurveyResult } from '@sockyard/protocol/results'

import {
  answer,
  authenticate,
  hello,
  isAuthentic,
  type Job,
  jobParts,
  MAXIMUM_RESULT_BYTES,
  newNonce,
  result,
  resultParts,
} from '../agent/messages.ts'
import type { ServiceName } from '../host/services.ts'
import type { Place } from './agents.ts'

/** An agent that did not do its job, or did not say so in a way that can be believed. */
export class AgentError extends Error {
  override readonly name = 'AgentError'
  readonly agent: string
  /** One thing to do. */
  readonly remedy: string

  constructor(agent: string, reason: string, remedy: string) {
    super(`the agent ${agent} ${reason}`)
    this.agent = agent
    this.remedy = remedy
  }
}

export interface AskOptions {
  key: Uint8Array | undefined
  /** To be connected, and for the greeting. */
  waitMillis: number
  signal: AbortSignal
}

const START = 'start one there: sockyard survey agent --key-file FILE'
const KEYS = 'give --key-file the key that the agents have, and all of them the same'
const LOG = 'look at the log of the agent'

/** How long an agent may say nothing while it works, beside what the job leaves connections idle. */
const SILENCE_MILLIS = 120_000

/** What an agent says of itself. */
export interface Greeting {
  name: string | null
  services: ServiceName[]
}

/**
 * Connects, and hears what the agent is called, and answers by.
 *
 * @throws {NetworkError} when it cannot be reached
 * @throws {AgentError} when what is there is no agent
 */
export async function greetAgent(place: Place, options: AskOptions): Promise<Greeting> {
  await using conversation = await Conversation.open(place, options)
  return conversation.greeting
}

/**
 * Gives an agent a job, and takes its results one by one.
 *
 * @throws {NetworkError} when it cannot be reached
 * @throws {AgentError} when it refuses the job, dies, falls silent, or a result is not authentic
 * @throws the reason of the signal when it is aborted
 */
export async function askAgent(
  place: Place,
  job: Job,
  options: AskOptions,
  onResult: (sample: SurveyResult) => void,
): Promise<void> {
  await using conversation = await Conversation.open(place, options)
  await conversation.run(job, onResult)
}

/** A connection to an agent, from its greeting on. */
class Conversation implements AsyncDisposable {
  readonly #socket: Socket
  readonly #lines: AsyncGenerator<string>
  readonly #place: Place
  readonly #options: AskOptions
  #agentNonce = ''
  greeting: Greeting = { name: null, services: [] }

  private constructor(place: Place, options: AskOptions, socket: Socket) {
    this.#place = place
    this.#options = options
    this.#socket = socket
    this.#lines = linesOf(socket)
  }

  static async open(place: Place, options: AskOptions): Promise<Conversation> {
    const { signal, waitMillis } = options
    const addresses = await resolveTarget(place.host, { defaultPort: place.port, signal })
    const { socket } = await connectTo(addresses, { timeoutMillis: waitMillis, signal })
    const conversation = new Conversation(place, options, socket)
    try {
      await conversation.#greet()
      return conversation
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  async #greet(): Promise<void> {
    const line = await this.#line(this.#options.waitMillis)
    const greeting = line === undefined ? undefined : hello.safeParse(parseJson(line)).data
    if (greeting === undefined)
      throw this.#error('is not there: something else has its port', START)
    this.#agentNonce = greeting.nonce
    this.greeting = { name: greeting.name, services: greeting.services }
  }

  async run(job: Job, onResult: (sample: SurveyResult) => void): Promise<void> {
    const { key } = this.#options
    const text = JSON.stringify(job)
    const nonce = newNonce()
    const mac = authenticate(key, jobParts(this.#agentNonce, nonce, text))
    this.#socket.write(`${JSON.stringify({ job: text, nonce, mac })}\n`)
    const silence = SILENCE_MILLIS + Math.max(0, ...job.idleMillis)
    for (let position = 0; ; position += 1) {
      const posted = this.#read(await this.#line(silence), nonce, position)
      if ('error' in posted) throw this.#error(`refuses the job: ${posted.error}`, KEYS)
      if ('end' in posted) return
      onResult(posted.sample)
    }
  }

  #read(line: string | undefined, nonce: string, position: number) {
    if (line === undefined) throw this.#error('died, or closed the connection', LOG)
    const given = answer.safeParse(parseJson(line)).data
    const read = given === undefined ? undefined : result.safeParse(parseJson(given.result)).data
    if (given === undefined || read === undefined) throw this.#error('says what is no result', LOG)
    const isRefusal = 'error' in read
    const isTrue = isAuthentic(
      this.#options.key,
      resultParts(nonce, position, given.result),
      given.mac,
    )
    // Who has another key can say no more than that.
    if (!isTrue && !isRefusal)
      throw this.#error('has another key: its results are not authentic', KEYS)
    return read
  }

  async #line(waitMillis: number): Promise<string | undefined> {
    const { signal } = this.#options
    signal.throwIfAborted()
    const timeout = setTimeout(() => this.#socket.destroy(), waitMillis)
    const abort = (): void => void this.#socket.destroy()
    signal.addEventListener('abort', abort, { once: true })
    try {
      const { value, done } = await this.#lines.next()
      return done === true ? undefined : value
    } finally {
      clearTimeout(timeout)
      signal.removeEventListener('abort', abort)
      signal.throwIfAborted()
    }
  }

  #error(reason: string, remedy: string): AgentError {
    return new AgentError(this.#place.name, reason, remedy)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy()
  }
}

/** Ends where the connection does, or a line is too long to be one of an agent. */
async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let kept = ''
  try {
    for await (const chunk of socket.setEncoding('utf8')) {
      kept += String(chunk)
      const lines = kept.split('\n')
      kept = lines.pop() ?? ''
      yield* lines
      if (kept.length > MAXIMUM_RESULT_BYTES) return
    }
  } catch {
    // A reset is an end as well.
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
