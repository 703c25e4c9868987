/** The known word that is at most two changes of a letter away (Levenshtein), for "did you mean". */
export function closest(word: string, known: readonly string[]): string | undefined {
  const allowed = Math.min(2, Math.floor(word.replaceAll('-', '').length / 2))
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ distance }) => distance <= allowed)
  return near.toSorted((one, other) => one.distance - other.distance)[0]?.candidate
}

/** How many letters are inserted, deleted or replaced. */
function editDistance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [row, letter] of Array.from(one).entries()) {
    const current = [row + 1]
    for (const [column, target] of Array.from(other).entries()) {
      const replaced = (previous[column] ?? 0) + (letter === target ? 0 : 1)
      const removed = (previous[column + 1] ?? 0) + 1
      current.push(Math.min(replaced, removed, (current[column] ?? 0) + 1))
    }
    previous = current
  }
  return previous.at(-1) ?? 0
}
