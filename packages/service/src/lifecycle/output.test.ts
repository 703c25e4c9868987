import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { startApp, startInTerminal } from '@sockyard/testkit/process'
import { expect, test, vi } from 'vitest'

const AWKWARD = 'packages/service/src/fixtures/awkward.ts'
const GREETER = 'packages/service/src/example/main.ts'
/** A test that fails must not leave processes behind. */
const NODE = `timeout 20 "${process.execPath}"`
const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Runs a pipeline in a shell and gives the exit codes of its parts. */
async function pipeline(
  command: string,
): Promise<{ codes: number[]; stdout: string; stderr: string }> {
  const shell = spawn('bash', ['-c', `${command}; echo "codes \${PIPESTATUS[*]}"`], {
    cwd: root,
    env: { ...process.env, SOCKYARD_ADMIN_PORT: '0', SOCKYARD_LOG_FORMAT: 'json' },
  })
  const output = { stdout: '', stderr: '' }
  shell.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  shell.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  await once(shell, 'close')
  const codes = /codes (.*)/.exec(output.stdout)?.[1]?.split(' ').map(Number) ?? []
  return { codes, ...output }
}

test('a client whose output is closed exits quietly with 0', async () => {
  await using greeter = await startApp(GREETER, ['--host', '127.0.0.1', '--port', '0'])
  const { port } = await greeter.listening()
  const meet = `${NODE} ${GREETER} meet 127.0.0.1:${port}`
  const { codes, stderr } = await pipeline(`${meet} | head -n 1`)
  expect({ codes, stderr }).toEqual({ codes: [0, 0], stderr: '' })
})

test('a server whose log is closed exits with 1, so that a supervisor restarts it', async () => {
  const { codes, stderr } = await pipeline(`${NODE} ${AWKWARD} --behaviour floods | head -n 2`)
  expect({ codes, stderr }).toEqual({
    codes: [1, 0],
    stderr: 'awkward: standard output: the reader of the log has closed it\n',
  })
})

test('a failed system call is told without its arguments', async () => {
  const { codes, stdout, stderr } = await pipeline(`${NODE} ${AWKWARD} --behaviour calls-in-vain`)
  expect({ codes, stderr }).toEqual({ codes: [1], stderr: 'awkward: fcntl: bad file descriptor\n' })
  expect(stdout).toContain('"message":"fcntl: EBADF"')
})

test('--help into a reader that leaves is no error', async () => {
  const { codes, stderr } = await pipeline(`${NODE} ${GREETER} --help | true`)
  expect({ codes, stderr }).toEqual({ codes: [0, 0], stderr: '' })
})

test('a report that cannot be written is an error in one line, and ends the run', async () => {
  await using greeter = await startApp(GREETER, ['--host', '127.0.0.1', '--port', '0'])
  const { port } = await greeter.listening()
  const full = await pipeline(`${NODE} ${GREETER} meet 127.0.0.1:${port} > /dev/full`)
  expect(full.codes).toEqual([1])
  expect(full.stderr).toMatch(/^\S+: standard output: .*no space left on device.*\n$/)
})

test('a log that is not read delays neither the service nor its end', async () => {
  const app = spawn(process.execPath, [AWKWARD, '--behaviour', 'floods', '--admin-port', '0'], {
    cwd: root,
    env: { ...process.env, SOCKYARD_LOG_FORMAT: 'json' },
  })
  const [first] = await once(app.stdout.setEncoding('utf8'), 'data')
  app.stdout.pause()
  const { port } = JSON.parse(String(first).split('\n', 1)[0] ?? '')
  for (let round = 0; round < 20; round += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/livez`)
    expect(await response.text()).toBe('live\n')
  }
  app.kill('SIGTERM')
  const [code] = await once(app, 'exit')
  app.stdout.destroy()
  expect(code).toBe(0)
})

test('lines dropped for a slow reader are counted, and reported when it reads again', async () => {
  const app = spawn(process.execPath, [AWKWARD, '--behaviour', 'floods', '--admin-port', '0'], {
    cwd: root,
    env: { ...process.env, SOCKYARD_LOG_FORMAT: 'json' },
  })
  const lines = createInterface(app.stdout)
  const [first] = await once(lines, 'line')
  const { port } = JSON.parse(String(first))
  lines.pause()
  await vi.waitFor(async () => expect(await droppedLines(port)).toBeGreaterThan(0), 20_000)
  const told = new Promise<Record<string, unknown>>((resolve) => {
    lines.on('line', (line) => {
      if (line.includes('log lines dropped')) resolve(JSON.parse(line))
    })
  })
  lines.resume()
  expect(await told).toMatchObject({ level: 'warn', lines: expect.any(Number) })
  app.kill('SIGKILL')
})

async function droppedLines(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  return Number(/^sockyard_log_dropped_lines_total (\d+)$/m.exec(await response.text())?.[1])
}

test('on a terminal the log is text, one event a line, without control characters', async () => {
  await using app = startInTerminal(AWKWARD, ['--behaviour', 'finishes'])
  await app.exited
  const lines = app.stdout.split('\r\n')
  expect(lines).toContainEqual(
    expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} started\\u001b\[31m\\n\\u202etwo$/),
  )
})

test('--json makes JSON lines of it, on a terminal too', async () => {
  await using app = startInTerminal(AWKWARD, ['--behaviour', 'finishes', '--json'])
  await app.exited
  expect(app.lines).toContainEqual(
    expect.objectContaining({ event: 'start', data: { hidden: true }, level: 'info' }),
  )
  expect(app.stdout).not.toContain('\u202e')
})
