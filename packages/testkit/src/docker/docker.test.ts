import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

const directory = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a suite that needs Docker where Docker is a program that fails (or works). */
async function runSuite(dockerWorks: boolean, env: Record<string, string>) {
  const docker = fileURLToPath(
    new URL(`fixtures/docker-${dockerWorks ? 'up' : 'down'}`, import.meta.url),
  )
  const { REQUIRE_DOCKER: _, ...inherited } = process.env
  return promisify(execFile)(process.execPath, ['src/docker/fixtures/run-containers.ts'], {
    cwd: directory,
    env: { ...inherited, PATH: `${docker}:${process.env['PATH']}`, NO_COLOR: '1', ...env },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr,
    }),
  )
}

describe('describeWithDocker', () => {
  it('skips with the reason in one line where Docker does not answer', async () => {
    const { code, output } = await runSuite(false, {})
    expect(code).toBe(0)
    expect(output).toContain(
      'skipped: containers: Docker does not answer: Cannot connect to the Docker daemon\n',
    )
    expect(output).toMatch(/Tests +1 skipped/)
  })

  it('fails there when REQUIRE_DOCKER=1', async () => {
    const { code, output } = await runSuite(false, { REQUIRE_DOCKER: '1' })
    expect(code).toBe(1)
    expect(output).toContain('REQUIRE_DOCKER=1: Docker does not answer')
  })

  it('runs the suite where Docker answers', async () => {
    const { code, output } = await runSuite(true, { REQUIRE_DOCKER: '1' })
    expect({ code, output }).toMatchObject({ code: 0 })
    expect(output).toMatch(/Tests +1 passed/)
  })
})
