import process from 'node:process'

const works = new Set<() => void>()

/** One listener for all: of more than ten, one for each of many threads, Node warns on standard error. */
function runAll(): void {
  for (const work of works) work()
}

/**
 * Runs something when this process ends.
 *
 * @param work must not wait
 * @returns takes it back
 */
export function atExit(work: () => void): () => void {
  if (works.size === 0) process.on('exit', runAll)
  works.add(work)
  return () => {
    works.delete(work)
    if (works.size === 0) process.off('exit', runAll)
  }
}

/** What a thread has ended by, which may have thrown anything. */
export function threadError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
