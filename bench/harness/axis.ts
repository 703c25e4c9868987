/** Round steps from 0 to at least `highest`: 1, 2 or 5 times a power of ten, at most seven of them. */
export function ticks(highest: number): number[] {
  if (!(highest > 0)) return [0, 1]
  const power = 10 ** Math.floor(Math.log10(highest / 5))
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => highest / size <= 6)
  const size = step ?? power * 10
  return Array.from({ length: Math.ceil(highest / size) + 1 }, (_, index) => index * size)
}
