import { command, type CommandContext } from '@sockyard/service/command'

import { experimentOptions, forkOptions, listOptions } from './config.ts'
import type { Experiment } from './experiment.ts'
import { experiments } from './experiments.ts'

const FORK = 'how many processes a loop of forks makes, with and without break'

const list = command({
  name: 'list',
  summary: 'What there is to see',
  operands: [],
  options: listOptions,
  run: async ({ stdout }) => {
    for (const { name, summary } of [...experiments, { name: 'fork', summary: FORK }])
      stdout.write(`${name.padEnd(15)}${summary}\n`)
    return 0
  },
})

const fork = command({
  name: 'fork',
  summary: FORK,
  operands: [],
  options: forkOptions,
  run: async (context) => {
    const { forkExercise } = await import('./fork.ts')
    return run(context, forkExercise(context.options, context.signal))
  },
})

const all = command({
  name: 'all',
  summary: 'Everything in one go, but fork',
  operands: [],
  options: experimentOptions,
  run: async (context) => {
    for (const [index, each] of experiments.entries()) {
      if (context.signal.aborted) break
      if (index > 0 && !context.options.json) context.stdout.write('\n')
      await run(context, each)
    }
    return 0
  },
})

/** A command for each experiment. */
export const commands = [
  list,
  ...experiments.map((experiment) =>
    command({
      name: experiment.name,
      summary: experiment.summary,
      operands: [],
      options: experimentOptions,
      run: async (context) => run(context, experiment),
    }),
  ),
  fork,
  all,
] as const

async function run(
  context: CommandContext<{ json: boolean }>,
  experiment: Experiment,
): Promise<number> {
  const { runExperiment } = await import('./run-experiment.ts')
  return runExperiment(context, experiment)
}
