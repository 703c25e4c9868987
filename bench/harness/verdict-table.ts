import { markdownTable } from './table.ts'
import type { Verdict } from './verdicts.ts'

/** What must come out, what did, and whether that is enough. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  return markdownTable(
    ['what must come out', 'case', 'wanted', 'median (lowest..highest)', ''],
    verdicts.map(({ what, case: name, wanted, figure, reached }) => [
      what,
      name,
      wanted,
      figure,
      reached === 'reached' ? reached : `**${reached}**`,
    ]),
  )
}
