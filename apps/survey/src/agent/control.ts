import { AccessList } from '@sockyard/net/access'
import { type Engine } from '@sockyard/net/engine'
import { limitLog, type LogTarget } from '@sockyard/net/log'
import { type ConnectionHandler, type TcpConnection, TcpServer } from '@sockyard/net/tcp'

import type { ServiceName } from '../host/services.ts'
import {
  authenticate,
  isAuthentic,
  type Job,
  job,
  jobParts,
  jobRequest,
  MAXIMUM_JOB_BYTES,
  newNonce,
  type Result,
  resultParts,
} from './messages.ts'

export interface ControlOptions {
  /** What reports call the place; null: its address. */
  name: string | null
  port: number
  host: string
  engine: Engine
  /** Without a key coordinators of this host alone are obeyed. */
  key: Uint8Array | undefined
  allow: readonly string[]
  deny: readonly string[]
  services: () => readonly ServiceName[]
  /** Does a job; each result goes to the coordinator at once. What it rejects with ends the job as an error. */
  run: (job: Job, post: (result: Result) => void, signal: AbortSignal) => Promise<void>
  log: LogTarget
}

/** What became of a request. */
export type JobOutcome = 'done' | 'failed' | 'abandoned' | 'busy' | 'malformed' | 'not-authentic'

const LOOPBACK = ['127.0.0.0/8', '::1']
const MAXIMUM_COORDINATORS = 16
const FIRST_LINE_MILLIS = 10_000
const LONGEST_JOB_MILLIS = 90_000_000
const NEWLINE = 10
const NOTHING = (): void => {}

/** Where coordinators connect to: each gives one job, and reads its results; an agent does one job at a time. */
export class ControlServer {
  readonly outcomes = new Map<JobOutcome, number>()
  readonly #options: ControlOptions
  readonly #server: TcpServer
  readonly #log: ReturnType<typeof limitLog>
  #running: AbortController | undefined

  constructor(options: ControlOptions) {
    const { key, port, host, engine, log, allow, deny } = options
    this.#options = options
    this.#log = limitLog(log)
    this.#server = new TcpServer({
      port,
      host: host === '::' ? undefined : host,
      engine,
      maxConnections: MAXIMUM_COORDINATORS,
      firstDataMillis: FIRST_LINE_MILLIS,
      idleMillis: LONGEST_JOB_MILLIS,
      addresses: new AccessList({ allow: key === undefined ? LOOPBACK : allow, deny }),
      log,
      listeningFields: {
        authenticated: key !== undefined,
        // Known when it starts.
        get services() {
          return options.services()
        },
      },
      onConnection: (connection) => this.#greet(connection),
    })
  }

  get server(): TcpServer {
    return this.#server
  }

  async start(): Promise<void> {
    await this.#server.start()
  }

  async stop(drained: AbortSignal): Promise<void> {
    this.#running?.abort(new Error('the agent stops'))
    await this.#server.stop(drained)
  }

  #greet(connection: TcpConnection): ConnectionHandler {
    const nonce = newNonce()
    const services = [...this.#options.services()]
    const { name } = this.#options
    send(connection, { agent: 'sockyard-survey', version: 1, nonce, name, services })
    let received: Buffer | undefined = Buffer.alloc(0)
    let ended = NOTHING
    return {
      onData: (_, bytes) => {
        // After its job a coordinator has no more to say.
        if (received === undefined) return
        received = Buffer.concat([received, bytes])
        const end = received.indexOf(NEWLINE)
        if (end === -1 && received.length <= MAXIMUM_JOB_BYTES) return
        const line = received.subarray(0, Math.max(0, end)).toString()
        received = undefined
        ended = this.#accept(connection, nonce, line)
      },
      onEnd: () => {
        ended()
        connection.lingeringClose()
      },
      onClose: () => ended(),
    }
  }

  /** @returns what is called when the connection is over */
  #accept(connection: TcpConnection, agentNonce: string, line: string): () => void {
    const { key } = this.#options
    const request = jobRequest.safeParse(parseJson(line)).data
    if (request === undefined) return this.#refuse(connection, 'malformed', 'this is no job')
    const { nonce, job: text, mac } = request
    const answers = new Answers(connection, key, nonce)
    if (!isAuthentic(key, jobParts(agentNonce, nonce, text), mac)) {
      const words = key === undefined ? 'it has no key: ask it without one' : 'it has another key'
      return this.#refuse(connection, 'not-authentic', words, answers)
    }
    const wanted = job.safeParse(parseJson(text)).data
    if (wanted === undefined)
      return this.#refuse(connection, 'malformed', 'it does not understand the job', answers)
    if (this.#running !== undefined)
      return this.#refuse(connection, 'busy', 'it does another job', answers)
    return this.#start(connection, wanted, answers)
  }

  #start(connection: TcpConnection, wanted: Job, answers: Answers): () => void {
    const running = new AbortController()
    this.#running = running
    void this.#run(connection, wanted, answers, running.signal)
    return () => running.abort(new Error('the coordinator is gone'))
  }

  async #run(
    connection: TcpConnection,
    wanted: Job,
    answers: Answers,
    signal: AbortSignal,
  ): Promise<void> {
    const { address } = connection
    const { targets, profile } = wanted
    this.#log.info({ address, targets, profile }, 'job started')
    const outcome = await this.#attempt(wanted, answers, signal)
    this.#running = undefined
    this.#count(outcome)
    this.#log.info({ address, outcome }, 'job ended')
    connection.lingeringClose()
  }

  async #attempt(wanted: Job, answers: Answers, signal: AbortSignal): Promise<JobOutcome> {
    try {
      await this.#options.run(wanted, (result) => answers.post(result), signal)
      answers.post({ end: true })
      return 'done'
    } catch (error) {
      answers.post({ error: (error as Error).message.slice(0, 300) })
      return signal.aborted ? 'abandoned' : 'failed'
    }
  }

  #refuse(
    connection: TcpConnection,
    outcome: JobOutcome,
    words: string,
    answers = new Answers(connection, undefined, ''),
  ): () => void {
    this.#count(outcome)
    this.#log.warn({ address: connection.address, reason: outcome }, 'job refused')
    answers.post({ error: words })
    connection.lingeringClose()
    return NOTHING
  }

  #count(outcome: JobOutcome): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }
}

/** The results of one job, each with its MAC. */
class Answers {
  readonly #connection: TcpConnection
  readonly #key: Uint8Array | undefined
  readonly #nonce: string
  #position = 0

  constructor(connection: TcpConnection, key: Uint8Array | undefined, nonce: string) {
    this.#connection = connection
    this.#key = key
    this.#nonce = nonce
  }

  post(posted: Result): void {
    const text = JSON.stringify(posted)
    const mac = authenticate(this.#key, resultParts(this.#nonce, this.#position, text))
    this.#position += 1
    send(this.#connection, { result: text, mac })
  }
}

function send(connection: TcpConnection, message: object): void {
  connection.write(Buffer.from(`${JSON.stringify(message)}\n`))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
