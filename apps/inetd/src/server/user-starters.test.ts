import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { kill } from 'node:process'

import { expect, it, vi } from 'vitest'

import { exchange, startInetd, visit } from '../inetd.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const PATIENCE = { timeout: 30_000 }
const LABEL = '127.0.0.1:0/tcp'
const FACTS =
  'echo $PPID $(id -u) $(id -g) $(id -G) $PWD $USER $(cut -d" " -f6 /proc/$$/stat) $$; ls -m /proc/$$/fd'

type Inetd = Awaited<ReturnType<typeof startInetd>>

/** So many programs at once that a process for them is worthwhile. @returns its number, when it starts programs */
async function startStarter(inetd: Inetd): Promise<number> {
  const port = await inetd.port(LABEL)
  const parentOfNext = async () =>
    Number((await exchange('127.0.0.1', port, '')).split(/\s/)[0]) || inetd.app.pid
  const manyAtOnce = async () =>
    (await Promise.all(Array.from({ length: 10 }, parentOfNext))).at(-1)
  await expect.poll(manyAtOnce, PATIENCE).not.toBe(inetd.app.pid)
  return parentOfNext()
}

const startNobody = (script: string) =>
  startInetd(
    [`127.0.0.1:0 stream tcp nowait nobody /bin/sh sh -c '${script}'`],
    ['--drain-timeout', '1s', '--starts-per-minute', '100000'],
  )

function isThere(pid = 0): boolean {
  try {
    return kill(pid, 0)
  } catch {
    return false
  }
}

// Only root can change its user; where the tests do not run as root, they are skipped.
it.runIf(userInfo().uid === 0)(
  'many programs of another user are started by a process of that user, which has no rights of root left',
  async () => {
    await using inetd = await startNobody(FACTS)
    const starter = await startStarter(inetd)
    const answer = await exchange('127.0.0.1', await inetd.port(LABEL), '')
    const [facts = '', descriptors] = answer.split('\n')
    const [parent, uid, gid, groups, folder, user, session, pid] = facts.split(' ')
    expect(Number(parent)).toBe(starter)
    expect({ uid, gid, groups, folder, user }).toEqual({
      uid: '65534',
      gid: '65534',
      groups: '65534',
      folder: '/',
      user: 'nobody',
    })
    expect({ descriptors, session }).toEqual({ descriptors: '0, 1, 2', session: pid })
    const status = readFileSync(`/proc/${starter}/status`, 'utf8')
    expect(status).toMatch(/^Uid:(\t65534){4}$/m)
    expect(status).toMatch(/^Gid:(\t65534){4}$/m)
    expect(status).toMatch(/^Groups:\t *$/m)
    expect(status).toMatch(/^CapPrm:\t0+$/m)
    const running = () => inetd.metric(`sockyard_inetd_running{service="${LABEL}"}`)
    await expect.poll(running, PATIENCE).toBe(0)
  },
)

it.runIf(userInfo().uid === 0)(
  'when that process is killed, its programs go on, and the next ones are started without it',
  async () => {
    await using inetd = await startNobody('echo $PPID; exec cat')
    const starter = await startStarter(inetd)
    const client = await visit('127.0.0.1', await inetd.port(LABEL))
    client.setEncoding('utf8')
    let heard = ''
    client.on('data', (text: string) => (heard += text))
    await expect.poll(() => heard, PATIENCE).toBe(`${starter}\n`)
    kill(starter, 'SIGKILL')
    const lost = `sockyard_inetd_ended_total{service="${LABEL}",end="unknown"}`
    // Others that had just ended may not have been reported.
    await expect.poll(() => inetd.metric(lost), PATIENCE).toBeGreaterThan(0)
    client.write('still there\n')
    await expect.poll(() => heard, PATIENCE).toBe(`${starter}\nstill there\n`)
    client.destroy()
    expect(await exchange('127.0.0.1', await inetd.port(LABEL), 'next\n')).toBe(
      `${inetd.app.pid}\nnext\n`,
    )
  },
)

it.runIf(userInfo().uid === 0)(
  'when inetd stops, so do that process and the programs that it has started',
  async () => {
    await using inetd = await startNobody('trap "" TERM; echo $PPID $$; exec cat')
    const starter = await startStarter(inetd)
    const client = await visit('127.0.0.1', await inetd.port(LABEL))
    const text = await new Promise<string>((resolve) =>
      client.once('data', (part) => resolve(String(part))),
    )
    const [, program] = text.split(/\s/).map(Number)
    client.on('error', () => undefined)
    inetd.app.kill('SIGTERM')
    expect((await inetd.app.exited).code).toBe(0)
    await expect.poll(() => [isThere(starter), isThere(program)], PATIENCE).toEqual([false, false])
  },
)
