import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

import { messageEvent, type MessageEvent } from '@sockyard/protocol/results'
import { type Ran, runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 30_000 })

const tcp = (...args: readonly string[]): Promise<Ran> => runApp('tcp-echo', args)

/** The messages of `--json`, each checked by the published schema: `sent "a\0"`. */
function messages(stdout: string): string[] {
  return eventsIn(stdout).flatMap(({ event, data }) =>
    event === 'sample' ? [`${data.direction} ${JSON.stringify(data.text)}`] : [],
  )
}

function eventsIn(stdout: string): MessageEvent[] {
  const lines = stdout.trimEnd().split('\n')
  return lines.map((line) => messageEvent.parse(JSON.parse(line)))
}

/** A server of the test with a given handler for each client. */
async function peer(onClient: (socket: Socket) => void): Promise<AsyncDisposable & { at: string }> {
  const sockets: Socket[] = []
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.on('error', () => {}))
    onClient(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await server[Symbol.asyncDispose]()
  }
  return { at: `127.0.0.1:${port}`, [Symbol.asyncDispose]: close }
}

describe('send', () => {
  test('each text goes to the echo as a message of its own, and comes back', async () => {
    await using echo = await startApp('tcp-echo', ['--host', '127.0.0.1', '--port', '0'])
    const { port } = await echo.listening()
    const at = `127.0.0.1:${port}`
    const { code, stdout } = await tcp('send', at, 'bonjour', 'les', 'amis', '--nul', '--json')
    expect(code).toBe(0)
    expect(messages(stdout).slice(0, 3)).toEqual([
      String.raw`sent "bonjour\u0000"`,
      String.raw`sent "les\u0000"`,
      String.raw`sent "amis\u0000"`,
    ])
    const all = { sent: 3, sentBytes: 17, receivedBytes: 17 }
    expect(eventsIn(stdout).at(-1)).toMatchObject({ event: 'end', data: all })
    const { stdout: text } = await tcp('send', at, 'bonjour', '--nul')
    expect(text).toContain(`received     8 B from ${at} "bonjour" + NUL\n`)
  })

  test('a server that answers nothing and closes is no failure', async () => {
    await using server = await peer((socket) => socket.on('end', () => socket.end()).resume())
    const { code, stdout } = await tcp('send', server.at, 'one')
    expect(code).toBe(0)
    expect(stdout).toMatch(/\nsent 1 \(3 B\), received 0 \(0 B\)\n$/)
  })

  test('a server that does not end is not waited for without end', async () => {
    await using server = await peer((socket) => socket.resume())
    const { code, stderr, stdout } = await tcp('send', server.at, 'one', '-W', '300ms', '--json')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `tcp-echo: ${server.at}: no message in time\n`,
    })
    expect(eventsIn(stdout).at(-1)).toMatchObject({ data: { error: { errorClass: 'TIMEOUT' } } })
  })

  test('without a text there is nothing to send', async () => {
    const { code, stderr } = await tcp('send', '127.0.0.1')
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'tcp-echo: missing argument TEXT\n' })
  })
})

describe('exchange', () => {
  test('100 bytes are echoed, in any segmentation', async () => {
    await using server = await peer((socket) =>
      socket.on('data', (bytes: Buffer) => {
        socket.write(bytes.subarray(0, 40))
        setImmediate(() => socket.write(bytes.subarray(40)))
      }),
    )
    const { code, stdout } = await tcp('exchange', server.at, 'This is a test')
    expect(code).toBe(0)
    expect(stdout).toContain(`received   100 B from ${server.at} "This is a test" + 86 NULs\n`)
  })

  test.each([
    [
      'closes after 40 of them',
      (socket: Socket) => socket.end(Buffer.alloc(40)),
      'the server closed after 40 of 100 B',
    ],
    [
      'sends others',
      (socket: Socket) => socket.write(Buffer.alloc(100)),
      'the echo differs from what was sent',
    ],
    ['sends none', () => {}, 'no message in time'],
  ])('a server that %s is told', async (_, answer, message) => {
    await using server = await peer((socket) => socket.once('data', () => answer(socket)))
    const { code, stderr } = await tcp('exchange', server.at, '-W', '500ms')
    expect({ code, stderr }).toEqual({ code: 1, stderr: `tcp-echo: ${server.at}: ${message}\n` })
  })
})

describe('receive', () => {
  test('one client after the other is shown, the one that waits in its turn', async () => {
    const args = ['receive', '-H', '127.0.0.1', '-p', '0', '-c', '2', '--json']
    await using server = await startApp('tcp-echo', args)
    const port = await portOf(server)
    const first = connect(port, '127.0.0.1')
    await once(first, 'connect')
    const second = connect(port, '127.0.0.1')
    second.end('second')
    first.write('first\0')
    await server.waitForText(/first/)
    first.end()
    await server.exited
    expect(messages(server.stdout)).toEqual([
      String.raw`received "first\u0000"`,
      'received "second"',
    ])
  })

  test('a silent client is closed, and one that resets affects no other', async () => {
    const args = [
      'receive',
      '-H',
      '127.0.0.1',
      '-p',
      '0',
      '-c',
      '2',
      '--idle-timeout',
      '300ms',
      '--json',
    ]
    await using server = await startApp('tcp-echo', args)
    const port = await portOf(server)
    const silent = connect(port, '127.0.0.1').on('error', () => {})
    await once(silent, 'connect')
    const rude = connect(port, '127.0.0.1')
    await once(rude, 'connect')
    rude.resetAndDestroy()
    connect(port, '127.0.0.1').end('third')
    await expect(server.exited).resolves.toMatchObject({ code: 0 })
    expect(messages(server.stdout)).toEqual(['received "third"'])
    expect(server.stderr).toContain('closed after silence')
  })

  test('what would move a cursor is shown as an escape', async () => {
    const args = ['receive', '-H', '127.0.0.1', '-p', '0', '-c', '1']
    await using server = await startApp('tcp-echo', args)
    const [, port] = await server.waitForText(/tcp 127\.0\.0\.1:(\d+)\n/)
    connect(Number(port), '127.0.0.1').end('\u001b[2J\nend')
    await server.exited
    expect(server.stdout).toContain(String.raw`"\u001b[2J\nend"`)
  })

  test('it stops on a signal, and a port in use is an error', async () => {
    const args = ['receive', '-H', '127.0.0.1', '-p', '0', '--json']
    await using server = await startApp('tcp-echo', args)
    const port = await portOf(server)
    const again = await tcp('receive', '-H', '127.0.0.1', '-p', String(port))
    expect(again).toMatchObject({
      code: 1,
      stderr: `tcp-echo: 127.0.0.1:${port}: the address is already in use\n`,
    })
    server.kill('SIGTERM')
    await expect(server.exited).resolves.toEqual({ code: 0, signal: null })
  })
})

async function portOf(server: Awaited<ReturnType<typeof startApp>>): Promise<number> {
  const line = messageEvent.parse(await server.waitForLog(({ event }) => event === 'start'))
  return line.event === 'start' ? line.data.port : 0
}
