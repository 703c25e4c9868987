import { describe, expect, it } from 'vitest'

import { type ConnectFacts, judgeConnect } from './connect.ts'
import { idleLadder, judgeIdle } from './idle.ts'
import { judgePathMtu } from './path-mtu.ts'
import { judgeTransfer } from './transfer.ts'

const CONNECTED: ConnectFacts = {
  attempts: 20,
  connected: 20,
  errorClasses: [],
  connectMicros: null,
  slowConnects: 0,
  rttMicros: null,
  echoes: true,
}

describe('what the facts of TCP checks come to', () => {
  it.each([
    [{}, 'ok', null],
    [{ slowConnects: 2 }, 'warn', 'RFC 6298, 2'],
    [{ connected: 19, errorClasses: ['RESET'] }, 'fail', null],
    [{ attempts: 3, connected: 0, errorClasses: ['TIMEOUT'] }, 'fail', null],
  ])('tcp-connect with %j is %s', (facts, status, reference) => {
    expect(judgeConnect({ ...CONNECTED, ...facts })).toMatchObject({ status, reference })
  })

  it.each([
    ['whole', 'whole', 'ok', null],
    ['whole', 'silent', 'fail', 'RFC 2923, 2.1'],
    ['whole', 'reset', 'fail', null],
    ['silent', 'silent', 'fail', null],
  ] as const)('tcp-path-mtu: small %s and bulk %s is %s', (small, bulk, status, reference) => {
    const facts = { small, smallBytes: 64, bulk, bulkBytes: 200_000, bulkReturnedBytes: 0 }
    expect(judgePathMtu(facts)).toMatchObject({ status, reference })
  })

  it.each([
    ['whole', 'ok', null],
    ['different', 'fail', null],
    ['closed', 'fail', 'RFC 9293, 3.6'],
  ] as const)('tcp-transfer that is %s is %s', (outcome, status, reference) => {
    const facts = { outcome, sentBytes: 2_000_000, returnedBytes: 1_000_000, elapsedMillis: 1_000 }
    const found = judgeTransfer(facts)
    expect(found).toMatchObject({ status, reference })
    expect(found.evidence).toContain('8 Mbit/s in each direction')
  })

  it.each([
    ['whole', 'whole', 'ok', 'null'],
    ['closed', 'closed', 'warn', 'raise the idle timeout of the service'],
    ['silent', 'whole', 'fail', 'switch keepalive on'],
    ['reset', 'reset', 'fail', 'keepalive does not help'],
  ] as const)('tcp-idle: %s, with keepalive %s, is %s', (outcome, saved, status, remedy) => {
    const alive = { idleMillis: 30_000, outcome: 'whole', keepaliveOutcome: 'whole' } as const
    const verdict = judgeIdle({
      rungs: [alive, { idleMillis: 60_000, outcome, keepaliveOutcome: saved }],
    })
    expect(verdict.status).toBe(status)
    expect(String(verdict.remedy)).toContain(remedy)
    expect(verdict.summary).toContain('60 s')
  })

  it('the ladder ends with its longest rung, whatever that is', () => {
    expect(idleLadder(2_000)).toEqual([2_000])
    expect(idleLadder(120_000)).toEqual([30_000, 60_000, 120_000])
  })
})
