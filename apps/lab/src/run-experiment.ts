import { NativeCallsMissingError } from '@sockyard/posix/libc'
import type { CommandContext } from '@sockyard/service/command'
import { NetworkError } from '@sockyard/service/errors'

import type { Experiment } from './experiment.ts'
import { Lab } from './lab.ts'
import { createTranscript } from './transcript.ts'

/**
 * Plays one experiment and shows it.
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
