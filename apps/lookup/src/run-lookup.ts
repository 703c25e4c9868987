import { constants } from 'node:os'

import { exitNow } from '@sockyard/posix/exit-now'
import type { LookupAnswer } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/command'
import { NetworkError } from '@sockyard/service/errors'
import { failureOf } from '@sockyard/service/failure'

import { createAnswerTexts } from './answer-text.ts'
import { lookupError } from './lookup-error.ts'
import { libraryText, type Sources } from './name-service.ts'
import { createReport } from './report.ts'

interface Question {
  command: string
  /** Whom libc asks; empty where nobody is asked. */
  sources: readonly Sources[]
}

/** Tells one answer. */
export type Tell = (answer: LookupAnswer) => void

/**
 * Runs one look-up: its question, its answers, and where they came from.
 *
 * @param work asks, tells each answer, and gives the source that answered where it can be told
 * @throws {NetworkError} when the answer is no
 * @throws {UsageError} when the question cannot be asked so
 */
export async function runLookup(
  context: CommandContext<{ json: boolean }>,
  { command, sources }: Question,
  work: (tell: Tell) => Promise<string | null>,
): Promise<number> {
  const { operands, options, signal, stdout } = context
  const report = createReport(stdout, options.json, createAnswerTexts())
  let found = 0
  const tell: Tell = (answer) => {
    found += 1
    report.sample(answer)
  }
  try {
    const library = libraryText()
    report.start({ command, question: [...operands], library, sources: [...sources] })
    const answeredBy = await unlessAborted(signal, work(tell))
    report.end({ found, answeredBy })
    return 0
  } catch (error) {
    if (signal.aborted) return stopNow(signal)
    const failure = lookupError(error)
    if (options.json && failure instanceof NetworkError)
      report.end({ found, answeredBy: null, error: failureOf(failure) })
    throw failure
  }
}

async function unlessAborted<Value>(signal: AbortSignal, answer: Promise<Value>): Promise<Value> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return Promise.race([answer, promise])
}

/** libc cannot be called back from a name server that does not answer, and Node would wait for it to end. */
function stopNow({ reason }: AbortSignal): number {
  const numbers: Readonly<Record<string, number>> = constants.signals
  const number = numbers[String(reason)]
  const exitCode = number === undefined ? 0 : 128 + number
  exitNow(exitCode)
  return exitCode
}
