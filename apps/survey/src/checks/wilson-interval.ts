/** The 0.975 quantile of the normal distribution. */
const Z = 1.959_964

/**
 * Within which bounds a proportion lies that was seen so often, with 95 % confidence (Wilson 1927).
 *
 * @returns lower and upper bound, 0 to 1
 */
export function wilsonInterval(count: number, total: number): [number, number] {
  const share = count / total
  const denominator = 1 + Z ** 2 / total
  const centre = (share + Z ** 2 / (2 * total)) / denominator
  const half =
    (Z * Math.sqrt((share * (1 - share)) / total + Z ** 2 / (4 * total ** 2))) / denominator
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}
