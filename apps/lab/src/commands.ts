import { command, type CommandContext } from '@sockyard/service/lifecycle'

import { experimentOptions, forkOptions, listOptions } from './config.ts'
import { backlog } from './experiments/backlog.ts'
import { connection, datagram } from './experiments/connection.ts'
import { descriptor } from './experiments/descriptor.ts'
import {
  dontRoute,
  dontWait,
  endOfRecord,
  outOfBand,
  peek,
  truncate,
  waitAll,
} from './experiments/message-flags.ts'
import { pass } from './experiments/pass.ts'
import { select } from './experiments/select.ts'
import { shutdown } from './experiments/shutdown.ts'
import { stream } from './experiments/stream.ts'
import type { Experiment } from './lab.ts'

/** In the order in which `all` plays them; each is a command. */
export const experiments: readonly Experiment[] = [
  connection,
  datagram,
  stream,
  peek,
  waitAll,
  outOfBand,
  truncate,
  dontWait,
  dontRoute,
  endOfRecord,
  shutdown,
  descriptor,
  select,
  backlog,
  pass,
]

const FORK = 'how many processes a loop of forks makes, with and without break'

const list = command({
  name: 'list',
  summary: 'lists the experiments',
  examples: [{ args: '', description: 'all experiments' }],
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
  examples: [{ args: '--depth 2 --break', description: 'a loop in which the children stop' }],
  operands: [],
  options: forkOptions,
  run: async (context) => {
    const { forkExercise } = await import('./fork.ts')
    return run(context, forkExercise(context.options, context.signal))
  },
})

const all = command({
  name: 'all',
  summary: 'all experiments but fork, one after the other',
  examples: [{ args: '', description: 'everything in one go' }],
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
  const { runExperiment } = await import('./lab.ts')
  return runExperiment(context, experiment)
}
