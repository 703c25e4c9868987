import { posix } from 'node:path'

/** A row of a table names its tests as `[file](path.test.ts) "of its title", "of another title"`. */
const TEST_FILE = /\[[^\]]*\]\(([^()\s]+\.test\.ts)\)((?:[,\s]*"[^"]*")*)/g
const SEPARATOR = /^\|[\s|:-]+\|$/

interface Row {
  /** The cell of the column `test`; none in a table without such a column. */
  tests: string | undefined
  /** The cell of the column `targets`: names of fuzz targets. */
  targets: string | undefined
  text: string
}

/**
 * What is wrong with the tests that the tables of a document name: a row without one, a title that no test has.
 *
 * @param document where it is, from the root of the repository
 * @param stringsOf the strings in a source file; undefined when there is no such file
 * @param fuzzTargets the names of all
 */
export function wrongTests(
  document: string,
  text: string,
  stringsOf: (path: string) => readonly string[] | undefined,
  fuzzTargets: ReadonlySet<string>,
): string[] {
  const rows = tableRows(text)
  const tests = rows.flatMap((row) => wrongTestsOf(row, document, stringsOf))
  const named = rows.flatMap(({ targets = '' }) => targets.match(/[\w-]+/g) ?? [])
  const unknown = named.filter((name) => !fuzzTargets.has(name))
  const missing = [...fuzzTargets].filter((name) => !named.includes(name))
  return [
    ...tests,
    ...unknown.map((name) => `${document}: no fuzz target ${name}`),
    ...missing.map((name) => `${document}: does not name the fuzz target ${name}`),
  ]
}

function wrongTestsOf(
  { tests, text }: Row,
  document: string,
  stringsOf: (path: string) => readonly string[] | undefined,
): string[] {
  if (tests === undefined) return []
  const files = [...tests.matchAll(TEST_FILE)]
  if (files.length === 0) return [`${document}: no test in the row: ${text}`]
  return files.flatMap(([, link = '', quoted = '']) => {
    const path = posix.join(posix.dirname(document), link)
    const titles = [...quoted.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title)
    if (titles.length === 0) return [`${document}: ${link}: which test? In the row: ${text}`]
    const strings = stringsOf(path) ?? []
    return titles
      .filter((title) => !strings.some((each) => each.includes(title)))
      .map((title) => `${document}: ${link} has no test "${title}"`)
  })
}

function tableRows(text: string): Row[] {
  const rows: Row[] = []
  let columns: readonly string[] = []
  const lines = text.split('\n')
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('|')) continue
    const cells = line.split('|').map((cell) => cell.trim())
    if (SEPARATOR.test(lines[index + 1] ?? '')) columns = cells
    else if (!SEPARATOR.test(line)) rows.push(rowOf(columns, cells))
  }
  return rows
}

function rowOf(columns: readonly string[], cells: readonly string[]): Row {
  const cell = (title: string): string | undefined => cells[columns.indexOf(title)]
  return { tests: cell('test'), targets: cell('targets'), text: cells[1] ?? '' }
}
