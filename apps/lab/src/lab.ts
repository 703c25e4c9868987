import type { Writable } from 'node:stream'

import { escapeText, eventLine } from '@sockyard/cli/text'
import { NetworkError } from '@sockyard/net/errors'
import { SystemCallError, NativeCallsMissingError } from '@sockyard/posix/ffi'
import { NativeSocket } from '@sockyard/posix/socket'
import type { LabPacket, LabStep, LabEvent } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { PacketRecorder } from './packet-recorder.ts'

/** A call that is about to be made. */
interface Call {
  who: string
  call: string
  arguments: readonly string[]
  why: string
}

/** The result of a call: its return value, with what was read; undefined where it would block (EAGAIN). */
export type Outcome = number | { returned: number; got: string } | undefined

/** Makes calls and reports each with its result. The resources it owns are closed at the end. */
export class Lab implements Disposable {
  readonly #report: (step: LabStep) => void
  readonly #owned = new DisposableStack()
  readonly #recorder = this.#owned.use(new PacketRecorder())
  readonly #sockets: NativeSocket[] = []
  readonly #ports = new Set<number>()
  #steps = 0

  constructor(report: (step: LabStep) => void) {
    this.#report = report
  }

  get steps(): number {
    return this.#steps
  }

  /**
   * Makes a call; its failure is a step like any other.
   *
   * @returns what the call returned, -1 when it failed
   * @throws {unknown} every error but SystemCallError
   */
  step({ who, call, arguments: words, why }: Call, perform: () => Outcome): number {
    const { returned, got, errno } = outcomeOf(perform)
    this.#steps += 1
    const step = this.#steps
    const packets = this.takePackets()
    this.#report({ step, who, call, arguments: [...words], returned, errno, got, why, packets })
    return returned
  }

  /** What the sockets of the experiment sent since the last step; to be called after what is not shown, too. */
  takePackets(): LabPacket[] {
    for (const socket of this.#sockets) {
      const address = socket.closed ? undefined : socket.localAddress()
      if (address?.family === 'IPv4' && address.port > 0) this.#ports.add(address.port)
    }
    return this.#recorder.take(this.#ports)
  }

  /** Closes it at the end of the experiment. */
  owns<Resource extends Disposable>(resource: Resource): Resource {
    if (resource instanceof NativeSocket) this.#sockets.push(resource)
    return this.#owned.use(resource)
  }

  [Symbol.dispose](): void {
    this.#owned.dispose()
  }
}

function outcomeOf(perform: () => Outcome): Pick<LabStep, 'returned' | 'errno' | 'got'> {
  try {
    const outcome = perform()
    if (outcome === undefined) return { returned: -1, errno: 'EAGAIN', got: null }
    if (typeof outcome === 'number') return { returned: outcome, errno: null, got: null }
    return { ...outcome, errno: null }
  } catch (error) {
    if (error instanceof SystemCallError) return { returned: -1, errno: error.code, got: null }
    throw error
  }
}

/** An exchange between sockets, shown call by call. */
export interface Experiment {
  name: string
  /** What it shows, in one line. */
  summary: string
  /** Plays it, each call through `lab`. @returns the lesson, in one sentence */
  play(lab: Lab): string | Promise<string>
}

/**
 * Plays one experiment and prints it.
 *
 * @throws {NetworkError} when native calls cannot be made here
 */
export async function runExperiment(
  { options, stdout }: CommandContext<{ json: boolean }>,
  experiment: Experiment,
): Promise<number> {
  const transcript = createTranscript(stdout, options.json)
  transcript.start(experiment.name, experiment.summary)
  using lab = new Lab((step) => transcript.step(step))
  try {
    const lesson = await experiment.play(lab)
    transcript.end(lab.steps, lesson)
    return 0
  } catch (error) {
    if (!(error instanceof NativeCallsMissingError)) throw error
    throw new NetworkError(error.message, { errorClass: 'OTHER', cause: error })
  }
}

type DataOf<Name extends LabEvent['event']> = Extract<LabEvent, { event: Name }>['data']

/** Writes an experiment as text, or as the JSON lines of docs/schemas/lab.json. */
interface Transcript {
  start(experiment: string, about: string): void
  step(step: LabStep): void
  end(steps: number, lesson: string): void
}

function createTranscript(stdout: Writable, json: boolean): Transcript {
  const write = <Name extends LabEvent['event']>(event: Name, data: DataOf<Name>): void =>
    void stdout.write(eventLine(event, data))
  const print = (...lines: readonly string[]): void =>
    lines.forEach((line) => void stdout.write(`${escapeText(line)}\n`))
  if (json)
    return {
      start: (experiment, about) => write('start', { experiment, about }),
      step: (data) => write('sample', data),
      end: (steps, lesson) => write('end', { steps, lesson }),
    }
  return {
    start: (experiment, about) => print(`${experiment}: ${about}`, ''),
    step: (step) => print(callText(step), `${' '.repeat(13)}${step.why}`),
    end: (_steps, lesson) => print('', lesson),
  }
}

/** ` 2  server   recv(3, MSG_PEEK) = 3 "hel"` */
function callText({ step, who, call, arguments: words, returned, errno, got }: LabStep): string {
  const number = String(step).padStart(3)
  const outcome = [returned, errno, got].filter((each) => each !== null && each !== '').join(' ')
  return `${number}  ${who.padEnd(7)} ${call}(${words.join(', ')}) = ${outcome}`
}
