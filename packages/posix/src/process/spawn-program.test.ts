import { constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kill } from 'node:process'

import { expect, it, onTestFinished } from 'vitest'

import { NativeSocket } from '../socket/native-socket.ts'
import { closeAllOnExec } from './process.ts'
import { type ProgramEnd, type SpawnOptions, spawnProgram } from './spawn-program.ts'

/** Starts a shell at one end of a pair of sockets; this process keeps the other end. */
function startShell(script: string, rest: Partial<SpawnOptions> = {}) {
  const [ours, its] = NativeSocket.pair({ type: 'stream', nonBlocking: true })
  onTestFinished(() => ours.close())
  closeAllOnExec()
  const { promise: ended, resolve } = Promise.withResolvers<ProgramEnd>()
  const pid = spawnProgram(
    {
      path: '/bin/sh',
      programArguments: ['my-shell', '-c', script],
      environment: ['PATH=/usr/bin:/bin', 'GREETING=hällo'],
      directory: '/',
      descriptor: its.descriptor,
      ...rest,
    },
    resolve,
  )
  its.close()
  return { pid, ours, ended }
}

/** After its end: what it wrote waits. */
function readAll(socket: NativeSocket): string {
  const memory = new Uint8Array(65_536)
  return Buffer.from(memory.slice(0, socket.receive(memory))).toString()
}

it('a program has its arguments, environment, directory, session, and no descriptor but the socket', async () => {
  // A shell that forks would not be seen in peace: each of these becomes the program that looks at itself.
  const shell = startShell('echo "$0 $PWD $GREETING"; exec cut -d" " -f1,6 /proc/self/stat')
  expect(await shell.ended).toEqual({ code: 0 })
  expect(readAll(shell.ours)).toBe(`my-shell / hällo\n${shell.pid} ${shell.pid}\n`)
  const list = startShell('exec ls /proc/self/fd')
  await list.ended
  // The last one is the directory that ls reads.
  expect(readAll(list.ours)).toBe('0\n1\n2\n3\n')
})

it('every signal is at its default, none is blocked, and the socket blocks', async () => {
  const script = 'exec grep -hE "^Sig[BI]|^flags" /proc/self/status /proc/self/fdinfo/0'
  const { ours, ended } = startShell(script)
  // Node ignores SIGPIPE.
  expect(readFileSync('/proc/self/status', 'utf8')).not.toMatch(/^SigIgn:\t0+$/m)
  await ended
  const [, blocked, ignored, flags] =
    /^SigBlk:\t(\w+)\nSigIgn:\t(\w+)\nflags:\t(\d+)\n$/.exec(readAll(ours)) ?? []
  // Beyond these are the real-time signals, of which glibc keeps two to itself.
  const standard = 2n ** 31n - 1n
  expect([BigInt(`0x${blocked}`), BigInt(`0x${ignored}`) & standard]).toEqual([0n, 0n])
  expect(Number.parseInt(flags ?? '', 8) & constants.O_NONBLOCK).toBe(0)
})

it('its end is an exit code or a signal, also when many end at once', async () => {
  const sleeping = startShell('exec sleep 100')
  const many = Array.from({ length: 20 }, (_, code) => startShell(`exit ${code}`).ended)
  expect((await Promise.all(many)).map(({ code }) => code)).toEqual([...many.keys()])
  kill(sleeping.pid, 'SIGTERM')
  expect(await sleeping.ended).toEqual({ signal: 'SIGTERM' })
  expect(() => kill(sleeping.pid, 0)).toThrow('ESRCH')
})

it('a program that cannot be started is an error at once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spawn-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [plain, script] = [join(folder, 'plain'), join(folder, 'script')]
  writeFileSync(plain, 'exit 0\n', { mode: 0o644 })
  writeFileSync(script, 'exit 0\n', { mode: 0o755 })
  expect(() => startShell('', { path: '/no/such/program' })).toThrow('posix_spawn: ENOENT')
  expect(() => startShell('', { path: plain })).toThrow('EACCES')
  expect(() => startShell('', { path: script })).toThrow('ENOEXEC')
  expect(() => startShell('', { directory: '/no/such/folder' })).toThrow('ENOENT')
  expect(() => startShell('', { environment: ['A\0=b'] })).toThrow(TypeError)
})
