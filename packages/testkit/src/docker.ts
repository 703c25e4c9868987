import { beforeAll, describe } from 'vitest'

import { whyNoDocker } from './why-no-docker.ts'

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
