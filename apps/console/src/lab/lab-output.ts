import type { ConsoleLabRun, LabEvent } from '@sockyard/protocol/results'

/** @param text what `lab list` wrote: a name and a summary a line */
export function experimentsIn(text: string): { experiment: string; about: string }[] {
  return [...text.matchAll(/^(\S+) +(.+)$/gm)].map(([, experiment = '', about = '']) => ({
    experiment,
    about,
  }))
}

/**
 * One experiment as a whole.
 *
 * @param text the JSON lines of `lab EXPERIMENT --json`
 * @returns undefined when there is no end
 */
export function labRunIn(text: string): ConsoleLabRun | undefined {
  const lines = text.split('\n').filter((line) => line !== '')
  const events = lines.map((line): LabEvent => JSON.parse(line))
  const [first, last] = [events[0], events.at(-1)]
  if (first?.event !== 'start' || last?.event !== 'end') return undefined
  const steps = events.flatMap(({ event, at, data }) =>
    event === 'sample' ? [{ at, ...data }] : [],
  )
  return { ...first.data, steps, lesson: last.data.lesson }
}
