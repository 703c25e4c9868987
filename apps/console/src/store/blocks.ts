/** A block holds the samples of one series for so many steps, as one row. */
export const STEPS = 60

/** How long samples are kept in which steps, finest first. */
export const LEVELS = [
  { stepSeconds: 1, keptSeconds: 3_600 },
  { stepSeconds: 10, keptSeconds: 86_400 },
  { stepSeconds: 300, keptSeconds: 30 * 86_400 },
] as const

/** Bytes of a step: of the finest level a double, of the others low, mean and high as floats. */
const DOUBLE_BYTES = 8
const BAND_BYTES = 12

/** What was measured within one step. */
export interface Step {
  low: number
  mean: number
  high: number
  /** How many values. */
  count: number
}

/** When the block that holds this moment begins. @param seconds since 1970 */
export function blockStart(level: number, seconds: number): number {
  const length = blockSeconds(level)
  return Math.floor(seconds / length) * length
}

export function blockSeconds(level: number): number {
  return (LEVELS[level]?.stepSeconds ?? 1) * STEPS
}

/** The steps of one block while values come. */
export class Block {
  readonly level: number
  readonly start: number
  readonly steps: (Step | undefined)[]

  /** @param packed what is stored of it */
  constructor(level: number, start: number, packed?: Uint8Array) {
    this.level = level
    this.start = start
    this.steps = packed === undefined ? emptySteps() : unpackSteps(level, packed)
  }

  add(seconds: number, value: number): void {
    const index = Math.floor((seconds - this.start) / (LEVELS[this.level]?.stepSeconds ?? 1))
    const step = this.steps[index]
    // The finest level holds what was measured last, and no band.
    if (step === undefined || this.level === 0)
      this.steps[index] = { low: value, mean: value, high: value, count: 1 }
    else {
      step.low = Math.min(step.low, value)
      step.high = Math.max(step.high, value)
      step.mean += (value - step.mean) / (step.count + 1)
      step.count += 1
    }
  }

  pack(): Uint8Array {
    const bytesOfStep = this.level === 0 ? DOUBLE_BYTES : BAND_BYTES
    const bytes = new Uint8Array(STEPS * bytesOfStep)
    const view = new DataView(bytes.buffer)
    for (let index = 0; index < STEPS; index += 1) {
      const { low = NaN, mean = NaN, high = NaN } = this.steps[index] ?? {}
      const at = index * bytesOfStep
      if (this.level === 0) view.setFloat64(at, mean)
      else for (const [n, value] of [low, mean, high].entries()) view.setFloat32(at + 4 * n, value)
    }
    return bytes
  }
}

/** The steps of a packed block; one without a value is undefined. */
export function unpackSteps(level: number, packed: Uint8Array): (Step | undefined)[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const bytesOfStep = level === 0 ? DOUBLE_BYTES : BAND_BYTES
  if (packed.byteLength !== STEPS * bytesOfStep) return emptySteps()
  return Array.from({ length: STEPS }, (_, index) => {
    const at = index * bytesOfStep
    if (level > 0)
      return stepOf(view.getFloat32(at), view.getFloat32(at + 4), view.getFloat32(at + 8))
    const value = view.getFloat64(at)
    return stepOf(value, value, value)
  })
}

function stepOf(low: number, mean: number, high: number): Step | undefined {
  return Number.isNaN(mean) ? undefined : { low, mean, high, count: 1 }
}

function emptySteps(): undefined[] {
  return Array.from({ length: STEPS }, () => undefined)
}
