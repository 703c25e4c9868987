import { describe, expect, it } from 'vitest'

import { runApp, startApp, startInTerminal } from './launch.ts'

const fixture = 'packages/testkit/src/process/fixtures/service.ts'

describe('startApp', () => {
  it('gives the address of the service and of its admin endpoint', async () => {
    await using app = await startApp(fixture, [])
    expect(await app.listening()).toEqual({ transport: 'tcp', address: '127.0.0.1', port: 1 })
    expect(await app.adminPort()).toBe(2)
  })

  it('reports how the process ended after a signal, with all its output', async () => {
    await using app = await startApp(fixture, [])
    await app.listening()
    app.kill('SIGTERM')
    expect(await app.exited).toEqual({ code: 0, signal: null })
    expect(app.lines.at(-1)).toEqual({ msg: 'bye' })
  })

  it('fails at once, with the output, when the process ended without the awaited line', async () => {
    await using app = await startApp(fixture, ['fail'])
    await expect(app.listening()).rejects.toThrow(/ended without a log line[^]*must be 0 to 65535/)
  })

  it('leaves no process behind', async () => {
    let pid = 0
    {
      await using app = await startApp(fixture, [])
      pid = app.pid
    }
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('passes the environment on, and by default uses any free admin port', async () => {
    await using app = await startApp(fixture, [])
    await using other = await startApp(fixture, [], { env: { SOCKYARD_ADMIN_PORT: '7' } })
    expect(await app.waitForLog((line) => 'terminal' in line)).toMatchObject({ adminPort: '0' })
    expect(await other.waitForLog((line) => 'terminal' in line)).toMatchObject({ adminPort: '7' })
  })
})

describe('runApp', () => {
  it('gives exit code and output of a process that ends', async () => {
    const { code, stdout, stderr } = await runApp(fixture, ['fail'])
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: 'fixture: --port 99999: must be 0 to 65535\n',
    })
  })

  it('feeds standard input to its end', async () => {
    expect((await runApp(fixture, [], { stdin: 'hello\n' })).stdout).toContain('hello\n')
  })
})

describe('startInTerminal', () => {
  it('gives the process a terminal, where a pipe is none', async () => {
    await using piped = await startApp(fixture, [])
    await using terminal = startInTerminal(fixture, [])
    expect(await piped.waitForLog((line) => 'terminal' in line)).toMatchObject({ terminal: false })
    expect(await terminal.waitForLog((line) => 'terminal' in line)).toMatchObject({
      terminal: true,
    })
  })

  it('types what is written, and Ctrl-C is a signal', async () => {
    await using terminal = startInTerminal(fixture, [])
    await terminal.waitForLog((line) => 'terminal' in line)
    terminal.stdin.write('typed\r')
    await terminal.waitForText(/typed\r\ntyped\r\n/)
    terminal.stdin.write('\x03')
    expect((await terminal.exited).code).toBe(130)
  })
})
