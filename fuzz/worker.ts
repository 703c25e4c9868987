/** Runs one target in a thread of its own, whose imports are instrumented and which may hang. */
import { parentPort, workerData } from 'node:worker_threads'

import { seededRandom } from '@sockyard/testkit/network'

import { Coverage } from './coverage.ts'
import { loadTargets } from './find-targets.ts'
import { fuzzLoop, type LoopResult } from './fuzz-loop.ts'
import { instrumentImports } from './hooks.ts'
import { WatchedInput } from './watched-input.ts'

/** What a worker is told. */
export interface WorkerSettings {
  file: string
  name: string
  isInstrumented: boolean
  corpus: readonly Uint8Array[]
  seed: number
  /** Ends after so long. */
  millis: number
  /** Or after so many inputs. */
  maximumInputs: number
  watched: SharedArrayBuffer
}

/** What it reports at its end. */
export interface WorkerResult extends Pick<LoopResult, 'inputs' | 'corpus' | 'finding'> {
  /** Branches taken, and branches that there are in what was loaded; 0 without instrumentation. */
  taken: number
  branches: number
}

/** The clock is read once in so many inputs: a cheap target takes less than a microsecond. */
const INPUTS_A_LOOK = 64

async function run(settings: WorkerSettings): Promise<WorkerResult> {
  const { file, name, isInstrumented, corpus, seed, millis, maximumInputs } = settings
  const instrumentation = isInstrumented ? instrumentImports() : undefined
  const target = (await loadTargets(file)).find((each) => each.name === name)
  if (target === undefined) throw new Error(`${file} has no target ${name}`)
  const coverage =
    instrumentation && new Coverage(instrumentation.counters, instrumentation.branches)
  const watched = new WatchedInput(settings.watched)
  const deadline = performance.now() + millis
  const result = await fuzzLoop({
    target,
    corpus,
    coverage,
    literals: instrumentation?.literals ?? new Set(),
    random: seededRandom(seed),
    goesOn: (inputs) =>
      inputs < maximumInputs && (inputs % INPUTS_A_LOOK !== 0 || performance.now() < deadline),
    onInput: (input) => watched.begin(input),
  })
  const { inputs, finding } = result
  return {
    inputs,
    corpus: result.corpus,
    finding,
    taken: coverage?.taken ?? 0,
    branches: coverage?.branches ?? 0,
  }
}

parentPort?.postMessage(await run(workerData as WorkerSettings), [])
