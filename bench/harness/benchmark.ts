/** What one run gave: a value for each measure of the benchmark, by its name. */
export type Sample = Readonly<Record<string, number>>

export interface Measure {
  /** The key in a {@link Sample}. */
  name: string
  /** As a table's heading shows it, unit included. */
  label: string
  better: 'more' | 'less'
}

/** Whose program a contestant is: the yard's, a C baseline of bench/c, or a third party's. */
export type Kind = 'ours' | 'classic' | 'native' | 'peer'

/** A contestant that runs, ready to be measured again and again; disposing of it ends it. */
export interface Subject extends AsyncDisposable {
  /**
   * One run.
   *
   * @throws {LeftOutError} when this contestant cannot take part in this case
   * @throws {Error} when the run failed; the others go on
   */
  sample(caseName: string, seconds: number): Promise<Sample>
}

export interface Contestant {
  name: string
  kind: Kind
  /** @throws {LeftOutError} when it cannot run here */
  open(): Promise<Subject>
}

/** Contestants that do the same under the same load, one after the other, in rounds. */
export interface Benchmark {
  /** What is typed: `pnpm bench NAME`. */
  name: string
  title: string
  /** What is measured and how; a paragraph of docs/benchmarks.md. */
  about: string
  /** The contestant that the ratios are of. */
  baseline?: string
  /** The first one is compared and drawn. */
  measures: readonly [Measure, ...Measure[]]
  cases: readonly string[]
  contestants: readonly Contestant[]
  chart: 'bars' | 'lines'
}

/** Why a contestant, or one of its cases, takes no part. The message is the reason. */
export class LeftOutError extends Error {
  override readonly name = 'LeftOutError'
}
