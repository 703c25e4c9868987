/** No answer and no event of a service is deeper. */
const MOST_LEVELS = 20

/**
 * Reads JSON that is passed on: what is very deep can be read, but JSON.stringify has no stack to write it again.
 *
 * @throws {SyntaxError} for what is no JSON, or deeper than 20 levels
 */
export function parseShallowJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (!isWithin(value, MOST_LEVELS))
    throw new SyntaxError(`JSON of more than ${MOST_LEVELS} levels`)
  return value
}

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((each) => isWithin(each, levels - 1))
}
