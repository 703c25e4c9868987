import type { ConsoleLab, ConsoleLabRun } from '@sockyard/protocol/results'

import { experimentsIn, labRunIn } from './lab-output.ts'
import { isLabInstalled, LAB_FAULTS, LabError, runLab } from './lab-program.ts'

const LAB_OUTCOMES = ['done', ...LAB_FAULTS] as const
type LabOutcome = (typeof LAB_OUTCOMES)[number]

/** The experiments of apps/lab, of which one runs at a time. */
export class Lab {
  /** How many runs that were asked for ended so. */
  readonly outcomes = new Map<LabOutcome, number>(LAB_OUTCOMES.map((each) => [each, 0]))
  readonly #node: string
  readonly #isOn: boolean
  readonly #stopping = new AbortController()
  #experiments: Promise<ConsoleLab['experiments']> | undefined
  #isRunning = false

  /**
   * @param node the path of the node that runs us
   * @param isOn whether anything may be run
   */
  constructor(node: string, isOn: boolean) {
    this.#node = node
    this.#isOn = isOn
  }

  /** What can be run. @throws {LabError} when lab does not tell */
  async overview(): Promise<ConsoleLab> {
    if (!this.#isOn) return { state: 'off', experiments: [] }
    if (!isLabInstalled()) return { state: 'missing', experiments: [] }
    return { state: 'ready', experiments: await this.#list() }
  }

  /** Runs an experiment to its end. @throws {LabError} when it has none */
  async run(experiment: string): Promise<ConsoleLabRun> {
    try {
      const run = await this.#run(experiment)
      this.#count('done')
      return run
    } catch (error) {
      if (error instanceof LabError) this.#count(error.fault)
      throw error
    }
  }

  stop(): void {
    this.#stopping.abort()
  }

  async #run(experiment: string): Promise<ConsoleLabRun> {
    const { state, experiments } = await this.overview()
    if (state === 'off') throw new LabError('off', 'the lab is switched off')
    if (state === 'missing') throw new LabError('missing', 'there is no lab beside this console')
    if (!experiments.some((each) => each.experiment === experiment))
      throw new LabError('unknown', 'there is no such experiment: GET /api/lab lists them')
    const run = labRunIn(await this.#alone([experiment, '--json']))
    if (run === undefined) throw new LabError('failed', 'the experiment has no end')
    return run
  }

  /** Asked for once; again after it has failed. */
  async #list(): Promise<ConsoleLab['experiments']> {
    this.#experiments ??= runLab(this.#node, ['list'], this.#stopping.signal).then(experimentsIn)
    try {
      return await this.#experiments
    } catch (error) {
      this.#experiments = undefined
      throw error
    }
  }

  async #alone(args: readonly string[]): Promise<string> {
    if (this.#isRunning) throw new LabError('busy', 'an experiment runs: try again')
    this.#isRunning = true
    try {
      return await runLab(this.#node, args, this.#stopping.signal)
    } finally {
      this.#isRunning = false
    }
  }

  #count(outcome: LabOutcome): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }
}
