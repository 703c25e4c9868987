import { markdownTable } from './table.ts'
import type { Verdict } from './verdicts.ts'

/** Each target, the figure that was measured, and whether it meets the target. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  return markdownTable(
    ['target', 'case', 'limit', 'median (lowest..highest)', ''],
    verdicts.map(({ what, case: name, wanted, figure, reached }) => [
      what,
      name,
      wanted,
      figure,
      reached === 'reached' ? reached : `**${reached}**`,
    ]),
  )
}
