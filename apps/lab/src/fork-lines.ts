/** A process of the exercise. */
export interface Fork {
  /** `0.1.2`: the son that 0.1 had in round 2. */
  name: string
  pid: number
  /** Of the loop, when it was born; undefined for the first. */
  round: number | undefined
  /** 0 for the first. */
  generation: number
}

/** The processes that wrote these lines, sons after their father and in order of birth. */
export function forksIn(output: string): Fork[] {
  return output
    .trimEnd()
    .split('\n')
    .map(forkIn)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

function forkIn(line: string): Fork {
  const [name = '', pid] = line.split(' ')
  const rounds = name.split('.').slice(1)
  const last = rounds.at(-1)
  return {
    name,
    pid: Number(pid),
    round: last === undefined ? undefined : Number(last),
    generation: rounds.length,
  }
}
