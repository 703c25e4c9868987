import { execFileSync } from 'node:child_process'

import { beforeAll, describe } from 'vitest'

let known: { reason: string | undefined } | undefined

/** One line saying why containers cannot be run here, or undefined when they can. */
export function whyNoDocker(): string | undefined {
  known ??= { reason: askDocker() }
  return known.reason
}

function askDocker(): string | undefined {
  try {
    execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 15_000,
    })
    return undefined
  } catch (error) {
    return `Docker does not answer: ${firstLine(error)}`
  }
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: Buffer; message: string }
  const text = stderr?.toString().trim() || message
  return text.split('\n', 1)[0] ?? text
}

/**
 * A suite that needs Docker. Where Docker does not answer, the suite is skipped and its name and the
 * reason stand in one line of the output; with `REQUIRE_DOCKER=1` that is a failed test instead.
 *
 * @param name of the suite, as for `describe`
 * @param suite defines the tests, as for `describe`
 */
export function describeWithDocker(name: string, suite: () => void): void {
  const reason = whyNoDocker()
  const required = process.env['REQUIRE_DOCKER'] === '1'
  const skipped = reason !== undefined && !required
  // Past the reporter, which shows nothing of skipped suites by default.
  if (skipped) process.stderr.write(`skipped: ${name}: ${reason}\n`)
  describe.skipIf(skipped)(`${name} (Docker)`, () => {
    beforeAll(() => {
      if (reason !== undefined) throw new Error(`REQUIRE_DOCKER=1: ${reason}`)
    })
    suite()
  })
}
