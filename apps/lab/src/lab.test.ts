import { fileURLToPath } from 'node:url'

import { SystemCallError } from '@sockyard/posix/ffi'
import { NativeSocket } from '@sockyard/posix/socket'
import { labEvent, type LabStep } from '@sockyard/protocol/results'
import { runApp } from '@sockyard/testkit/process'
import { describe, expect, test, vi } from 'vitest'

import { experiments } from './commands.ts'

vi.setConfig({ testTimeout: 30_000 })

interface Played {
  /** `server recv(3, MSG_PEEK) = 3 "hel"`, in order. */
  calls: string[]
  lesson: string
}

/** Plays an experiment in a process of its own; each line is checked by the published schema. */
async function play(...args: readonly string[]): Promise<Played> {
  const { code, stdout, stderr } = await runApp('lab', [...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.trimEnd().split('\n')
  const events = lines.map((line) => labEvent.parse(JSON.parse(line)))
  const last = events.at(-1)
  if (last?.event !== 'end') throw new Error('there is no end')
  const calls = events.flatMap((each) => (each.event === 'sample' ? [callText(each.data)] : []))
  expect(last.data.steps).toBe(calls.length)
  return { calls, lesson: last.data.lesson }
}

function callText({ who, call, arguments: words, returned, errno, got }: LabStep): string {
  const outcome = errno ?? got ?? returned
  return `${who} ${call}(${words.join(', ')}) = ${outcome}`
}

const only = (calls: readonly string[], who: string, call: string): string[] =>
  calls
    .filter((each) => each.startsWith(`${who} ${call}(`))
    .map((each) => each.split(' = ')[1] ?? '')

test('what was peeked at is still there', async () => {
  const { calls } = await play('peek')
  const read = only(calls, 'server', 'recv')
  expect(read.slice(0, 4)).toEqual(['"hel"', '"hello"', '"hello"', 'EAGAIN'])
  expect(calls).toContain('server recv(0, MSG_PEEK|MSG_TRUNC) = ""')
})

test('MSG_WAITALL waits for everything that another process writes bit by bit', async () => {
  const { calls } = await play('wait-all')
  expect(calls).toContain('server recv(13, MSG_WAITALL) = "waituntilfull"')
  expect(calls.at(-1)).toBe('server recv(13, MSG_WAITALL) = "end"')
  const [plain = ''] = only(calls, 'server', 'recv')
  expect('"waituntilfull"').toContain(plain.slice(0, -1))
})

test('the urgent byte comes beside the stream, or inline', async () => {
  const { calls } = await play('out-of-band')
  const read = only(calls, 'server', 'recv')
  expect(read).toEqual(['"!"', 'EINVAL', '"ab"', '"cd"', 'EINVAL', '"ab"', '"!cd"'])
  expect(only(calls, 'server', 'sockatmark')).toEqual(['1', '1'])
})

test('the rest of a datagram is discarded, and MSG_TRUNC returns its length', async () => {
  const { stdout } = await runApp('lab', ['truncate'])
  expect(stdout).toContain('recv(10, 0) = 10 "aaaaaaaaaa"\n')
  expect(stdout).toContain('recv(10, MSG_TRUNC) = 100 "bbbbbbbbbb"\n')
  expect(stdout).toContain('recv(10, 0) = 4 "next"\n')
})

test('a call with MSG_DONTWAIT fails with EAGAIN, or returns the data that is there', async () => {
  const { calls } = await play('dont-wait')
  expect(only(calls, 'second', 'recv')).toEqual(['EAGAIN', '"hello"'])
  expect(only(calls, 'first', 'send').at(-1)).toBe('EAGAIN')
})

test('without a gateway the near one is reached, the far one is not', async () => {
  const { calls } = await play('dont-route')
  expect(only(calls, 'client', 'sendto')).toEqual(['4'])
  expect(only(calls, 'client', 'connect').at(-1)).toBe('ENETUNREACH')
})

test('a seqpacket socket keeps records, TCP does not', async () => {
  const { calls } = await play('end-of-record')
  expect(only(calls, 'second', 'recv')).toEqual(['"one"', '"tw"', 'EAGAIN'])
  expect(only(calls, 'server', 'recv')).toEqual(['"onetwo"'])
})

test('shutdown ends a direction, close only a descriptor', async () => {
  const { calls } = await play('shutdown')
  expect(only(calls, 'server', 'recv')).toEqual([
    '"that was all"',
    '""',
    '"hello"',
    '""',
    'EAGAIN',
    '"still here"',
    '""',
  ])
  expect(only(calls, 'client', 'recv')).toEqual(['"answer"', '""', '""'])
  expect(only(calls, 'client', 'send')).toEqual(['12', 'EPIPE', '5', 'EPIPE'])
})

test('the functions of files do on a socket what the table of the experiment shows', async () => {
  const { calls } = await play('descriptor')
  for (const expected of [
    'client write("hello", 5) = 5',
    'server read(100) = "hello"',
    'server ioctl(FIONREAD) = 5',
    'server lseek(0, SEEK_CUR) = ESPIPE',
    'server fchdir() = ENOTDIR',
    'server fstat() = S_ISSOCK',
    'server ftruncate(0) = EINVAL',
    'server close() = 0',
  ])
    expect(calls).toContain(expected)
  expect(only(calls, 'server', 'fcntl')).toHaveLength(7)
})

test('TCP is bytes, UDP messages, and one byte too many is refused', async () => {
  const { calls } = await play('stream')
  expect(only(calls, 'server', 'recv').slice(0, 6)).toEqual([
    '"bonjourlesamis"',
    '"bonjour"',
    '" les amis"',
    '"bonjour"',
    '"les"',
    '"amis"',
  ])
  expect(calls.at(-1)).toMatch(/, 65508, 0\) = EMSGSIZE$/)
})

test('select reports a new client, room to write, data and the end of the stream', async () => {
  const { calls } = await play('select')
  expect(only(calls, 'lab', 'select')).toEqual([
    '',
    'read {server}',
    'write {accepted}',
    'read {accepted}',
    'read {accepted}',
  ])
})

test('the queue of a listening socket has an end', async () => {
  const { calls } = await play('backlog')
  const connected = ['first', 'second', 'third', 'fourth'].flatMap((who) =>
    only(calls, who, 'connect'),
  )
  expect(connected).toEqual(['0', '0', 'EAGAIN', 'EAGAIN'])
})

/** raw(7) needs a privilege. */
function mayRecord(): boolean {
  try {
    NativeSocket.open({ family: 'IPv4', type: 'raw', protocol: 6 }).close()
    return true
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'EPERM') return false
    throw error
  }
}

test.skipIf(!mayRecord())('its packets are told: the handshake, and a FIN each way', async () => {
  const { stdout } = await runApp('lab', ['connection', '--json'])
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => labEvent.parse(JSON.parse(line)))
  const packets = events.flatMap(({ event, data }) => (event === 'sample' ? data.packets : []))
  const abouts = packets.map(({ about }) => about)
  expect(abouts.slice(0, 3)).toEqual(['SYN', 'SYN, ACK', 'ACK'])
  const closing = packets.filter(({ about }) => about === 'FIN, ACK')
  expect(new Set(closing.map(({ source }) => source)).size).toBe(2)
  expect(packets.some(({ bytes }) => Buffer.from(bytes, 'base64').includes('hello'))).toBe(true)
})

test('a connection has an address at each end, and ends by itself', async () => {
  const { calls } = await play('connection')
  const [, own] = only(calls, 'client', 'getsockname')
  expect(own).toBeUndefined()
  expect(only(calls, 'client', 'getsockname')).toEqual(only(calls, 'server', 'getpeername'))
  expect(only(calls, 'second', 'bind')).toEqual(['EADDRINUSE'])
  expect(only(calls, 'client', 'getpeername')).toEqual(['ENOTCONN'])
  expect(only(calls, 'server', 'recv')).toEqual(['"hello"', '""'])
})

test('a connected UDP socket gets ECONNREFUSED when the port is closed', async () => {
  const { calls } = await play('datagram')
  expect(only(calls, 'client', 'recv')).toEqual(['ECONNREFUSED'])
  expect(only(calls, 'client', 'recvfrom')[0]).toMatch(/^"BONJOUR" from 127\.0\.0\.1:\d+$/)
})

test('a passed connection is served by its receiver', async () => {
  const { calls } = await play('pass')
  expect(only(calls, 'worker', 'recv')).toEqual(['"hello"'])
  expect(only(calls, 'client', 'recv')).toEqual(['""'])
  const [sent] = calls.flatMap((each) => /sendmsg\("yours", SCM_RIGHTS \{\d+\}\)/.exec(each) ?? [])
  expect(sent).toBeDefined()
  expect(only(calls, 'second', 'recvmsg')[0]).toMatch(/^"yours" SCM_RIGHTS \{\d+\}$/)
})

describe('the loop of forks', () => {
  test.each([
    [['--depth', '0'], 1],
    [['--depth', '3'], 8],
    [['--depth', '8'], 256],
    [['--depth', '8', '--break'], 9],
  ])('%j makes %i processes, each another one', async (args, count) => {
    const { calls, lesson } = await play('fork', ...args)
    expect(calls).toHaveLength(count)
    expect(new Set(calls.map((each) => each.split(' = ')[1])).size).toBe(count)
    expect(lesson).toMatch(new RegExp(`^${count} processes`))
  })

  test('counts in words that fit', async () => {
    const { stdout } = await runApp('lab', ['fork', '--depth', '2'])
    expect(stdout).toContain('a loop that forks 2 times\n')
    expect(stdout).toContain('Forked at i = 0; 1 round left.\n')
    expect((await runApp('lab', ['fork', '--depth', '1'])).stdout).toContain('forks 1 time\n')
  })

  test('has an end', async () => {
    const { code, stderr } = await runApp('lab', ['fork', '--depth', '9'])
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'lab: --depth 9: must be 0 to 8\n' })
  })
})

test('without koffi processes are forked all the same, and an experiment with sockets says what is missing', async () => {
  const hook = new URL('../../../packages/service/testing/without-koffi.mjs', import.meta.url)
  const env = { NODE_OPTIONS: `--import=${fileURLToPath(hook)}` }
  const fork = await runApp('lab', ['fork', '--depth', '1'], { env })
  expect(fork).toMatchObject({ code: 0, stderr: '' })
  const peek = await runApp('lab', ['peek'], { env })
  expect(peek).toMatchObject({ code: 1, stderr: expect.stringContaining('koffi cannot be loaded') })
})

test('everything is listed, and played in one go', async () => {
  const { stdout: listed } = await runApp('lab', [])
  const names = experiments.map(({ name }) => name)
  expect(listed.split('\n').map((line) => line.split(' ')[0])).toEqual([...names, 'fork', ''])
  const { code, stdout } = await runApp('lab', ['all'])
  expect(code).toBe(0)
  for (const { name, summary } of experiments) expect(stdout).toContain(`${name}: ${summary}\n`)
})
