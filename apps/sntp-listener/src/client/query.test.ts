import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { encodeReferenceId } from '@sockyard/protocol/ntp'
import { sntpQueryEvent, type SntpQueryEvent } from '@sockyard/protocol/results'
import { runApp, startApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { KEY_LINE } from '../packets.testing.ts'
import { type Answer, freePort, honestReply, Peer } from '../peers.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

let folder = ''
let keyFile = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sntp-query-'))
  keyFile = join(folder, 'keys')
  await writeFile(keyFile, KEY_LINE)
})
afterAll(() => rm(folder, { recursive: true }))

type End = Extract<SntpQueryEvent, { event: 'end' }>['data']
type Sample = Extract<SntpQueryEvent, { event: 'sample' }>['data']

/** Runs `query` against a port of 127.0.0.1 and reads what it reports. */
async function query(port: number, ...options: readonly string[]) {
  const args = ['query', `127.0.0.1:${port}`, '--json', '--interval', '50ms', ...options]
  const { code, stdout, stderr } = await runApp('sntp-listener', args)
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => sntpQueryEvent.parse(JSON.parse(line)))
  const samples: Sample[] = events.flatMap((each) => (each.event === 'sample' ? [each.data] : []))
  const end: End | undefined = events.flatMap((each) =>
    each.event === 'end' ? [each.data] : [],
  )[0]
  if (end === undefined) throw new Error(`no end: ${stdout}${stderr}`)
  return { code, stderr, samples, end }
}

const honestly: Answer = (request, receivedAt) => [honestReply(request, receivedAt)]

/** Queries a peer with given answers. */
async function queryPeer(answer: Answer, ...options: readonly string[]) {
  using peer = await Peer.open(answer)
  return { ...(await query(peer.port, ...options)), asked: peer.asked }
}

describe('a query', () => {
  it.each([[[]], [['--key', '1']]])('finds the clock of this machine right %j', async (key) => {
    const options = ['--host', '127.0.0.1', '--port', '0', '--stratum', '3', '--keys', keyFile]
    await using server = await startApp('sntp-server', options)
    const { port } = await server.listening('udp')
    const { code, end } = await query(port, '--keys', keyFile, ...key)
    expect(code).toBe(0)
    expect(end).toMatchObject({ sent: 4, received: 4, lost: 0, stratum: 3, leap: 0 })
    expect(Math.abs(end.offsetMicros ?? Infinity)).toBeLessThanOrEqual(end.uncertaintyMicros ?? 0)
  })

  it('measures a clock that is ahead', async () => {
    const hour = 3_600_000_000_000n
    const { end } = await queryPeer((request, at) => [honestReply(request, at, {}, hour)])
    const error = Math.abs((end.offsetMicros ?? 0) - Number(hour) / 1_000)
    expect(error).toBeLessThanOrEqual(end.uncertaintyMicros ?? 0)
  })

  it('takes the real reply although forged ones come before it', async () => {
    const { code, samples } = await queryPeer((request, at) => [
      honestReply(request, at, { originRaw: request.transmitRaw ^ 1n }, 9_000_000_000n),
      honestReply(request, at, { mode: 3 }, 9_000_000_000n),
      honestReply(request, at),
    ])
    expect(code).toBe(0)
    expect(samples.map(({ outcome }) => outcome)).toEqual(Array(4).fill('answered'))
    for (const { offsetMicros } of samples) expect(Math.abs(offsetMicros ?? 0)).toBeLessThan(1e6)
  })

  it('believes no reply without the MAC that it wants', async () => {
    const options = ['--keys', keyFile, '--key', '1', '--count', '1', '--wait', '200ms']
    const { code, samples, end } = await queryPeer(honestly, ...options)
    expect(code).toBe(1)
    expect(samples).toMatchObject([{ outcome: 'rejected', reason: 'mac-missing' }])
    expect(end.error?.message).toContain('mac-missing')
  })

  it('rejects a server that is not synchronised, but shows its reply', async () => {
    const { code, samples } = await queryPeer(
      (request, at) => [honestReply(request, at, { leap: 3 })],
      '--count',
      '1',
    )
    expect(code).toBe(1)
    expect(samples).toMatchObject([{ outcome: 'rejected', reason: 'leap-unsynchronised', leap: 3 }])
    expect(samples[0]?.offsetMicros).not.toBeNull()
  })

  it('sends no more requests after DENY or RSTR', async () => {
    const kiss = { stratum: 0, leap: 3, referenceIdRaw: encodeReferenceId('DENY') }
    const denied = await queryPeer((request, at) => [honestReply(request, at, kiss)])
    expect(denied).toMatchObject({ code: 1, asked: 1, samples: [{ reason: 'kiss-deny' }] })
  })

  it('halves its rate on each RATE', async () => {
    const kiss = { stratum: 0, leap: 3, referenceIdRaw: encodeReferenceId('RATE') }
    const { asked, end } = await queryPeer((request, at) => [honestReply(request, at, kiss)])
    expect(asked).toBe(4)
    expect(end.durationMillis).toBeGreaterThanOrEqual(100 + 200 + 400)
  })

  it('distinguishes a closed port from a silent server', async () => {
    const nobody = await query(await freePort(), '--count', '1')
    expect(nobody).toMatchObject({ code: 1, samples: [{ outcome: 'refused' }] })
    expect(nobody.end.error?.errorClass).toBe('REFUSED')
    const silent = await queryPeer(() => [], '--count', '2', '--wait', '100ms')
    expect(silent).toMatchObject({
      code: 1,
      samples: [{ outcome: 'silent' }, { outcome: 'silent' }],
    })
    expect(silent.end).toMatchObject({ lost: 2, error: { errorClass: 'TIMEOUT' } })
  })

  it('ends at its deadline', async () => {
    const options = ['--count', '1000000', '--deadline', '500ms']
    const { code, end } = await queryPeer(honestly, ...options)
    expect(code).toBe(0)
    expect(end.received).toBeGreaterThan(0)
    expect(end.received).toBeLessThan(1_000)
  })

  it('is readable', async () => {
    using peer = await Peer.open((request, at) => [honestReply(request, at)])
    const args = ['query', `127.0.0.1:${peer.port}`, '--count', '1']
    const { stdout, stderr } = await runApp('sntp-listener', args)
    expect(stderr).toBe('')
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toBe(`127.0.0.1 (127.0.0.1) port ${peer.port}, 1 request`)
    expect(lines[1]).toMatch(
      /^offset [+-]\S+ \S+ ± \S+ \S+ delay .* stratum 2 reference 192\.0\.2\.7$/,
    )
    expect(lines[2]).toMatch(/^sent +1 +received +1 +lost +0/)
    expect(lines[3]).toMatch(/^best: offset /)
  })
})
