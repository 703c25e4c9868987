import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { runApp } from '@sockyard/testkit/process'
import { describe, expect, it } from 'vitest'

import { verdict } from '../run/check.ts'
import { type JunitCase, junitReport } from './junit.ts'

const SUITE = 'sockyard survey doctor tcp'
const refused = {
  ...verdict('fail', 'port 1 is not listened to'),
  cause: 'no program has the port',
  remedy: 'start one',
  evidence: ['ECONNREFUSED'],
}
const caseOf = (found: JunitCase['verdict']): JunitCase => ({
  check: 'tcp',
  target: '127.0.0.1:1',
  verdict: found,
  code: 'refused',
})
describe('a JUnit report', () => {
  it('has a failure for a verdict that is fail, and none for ok and warn', () => {
    const statuses = ['fail', 'warn', 'ok', 'skipped'] as const
    const cases = statuses.map((status) => caseOf({ ...refused, status }))
    const xml = junitReport(SUITE, cases)
    expect(xml).toContain('tests="4" failures="1" errors="0" skipped="1"')
    expect(xml.match(/<skipped /g)).toHaveLength(1)
    expect(xml.match(/<failure /g)).toHaveLength(1)
    expect(xml).toContain('<failure type="refused" message="port 1 is not listened to">')
    expect(xml).toContain('WARN  port 1 is not listened to')
  })

  it('keeps markup and controls of a hostile name as text', () => {
    const hostile = '"><script>&\u001b[2J\uffff\u202e'
    const found = { ...refused, evidence: [`]]>${hostile}`] }
    const xml = junitReport(SUITE, [{ ...caseOf(found), target: hostile }])
    expect(xml).not.toContain('<script>')
    expect(xml).not.toContain(']]>')
    for (const each of ['\u001b', '\uffff', '\u202e']) expect(xml).not.toContain(each)
    expect(xml).toContain('name="&quot;&gt;&lt;script&gt;&amp;\\u001b[2J\ufffd\\u202e"')
  })
})

describe('doctor --junit', () => {
  it('writes the file beside the report, and keeps the exit code', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'survey-junit-'))
    try {
      const file = join(folder, 'report.xml')
      const { code, stdout } = await runApp('survey', doctor('--junit', file))
      expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('[refused]') })
      expect(await readFile(file, 'utf8')).toContain('<failure type="refused"')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('says which file cannot be written, with exit code 2', async () => {
    const { code, stderr } = await runApp('survey', doctor('--junit', '/nowhere/report.xml'))
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('--junit /nowhere/report.xml: cannot be written (ENOENT)'),
    })
  })
})

function doctor(...args: string[]): string[] {
  return ['doctor', 'tcp', '127.0.0.1:1', '--wait', '2s', ...args]
}
