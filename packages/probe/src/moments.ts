/**
 * Count, mean, deviation and extremes of numbers as they come, exact and without keeping them
 * (Welford's method; Chan's for adding two together).
 */
export class Moments {
  count = 0
  min = Infinity
  max = -Infinity
  mean = 0
  #squares = 0

  record(value: number): void {
    this.count++
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    const distance = value - this.mean
    this.mean += distance / this.count
    this.#squares += distance * (value - this.mean)
  }

  /** Standard deviation of all that was recorded (not an estimate from a sample); 0 for none. */
  get stddev(): number {
    return this.count === 0 ? 0 : Math.sqrt(this.#squares / this.count)
  }

  add(other: Moments): void {
    const count = this.count + other.count
    if (count === 0) return
    const distance = other.mean - this.mean
    this.#squares += other.#squares + (distance * distance * this.count * other.count) / count
    this.mean += (distance * other.count) / count
    this.min = Math.min(this.min, other.min)
    this.max = Math.max(this.max, other.max)
    this.count = count
  }
}
