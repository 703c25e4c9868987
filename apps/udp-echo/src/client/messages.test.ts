import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { messageEvent, type MessageEvent } from '@sockyard/protocol/results'
import { type Ran, runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 30_000 })

const udp = (...args: readonly string[]): Promise<Ran> => runApp('udp-echo', args)

function eventsIn(stdout: string): MessageEvent[] {
  const lines = stdout.trimEnd().split('\n')
  return lines.map((line) => messageEvent.parse(JSON.parse(line)))
}

/** A server of the test with a given handler for each datagram. */
async function peer(
  onDatagram: (socket: Socket, bytes: Buffer, from: RemoteInfo) => void,
): Promise<AsyncDisposable & { at: string }> {
  const socket = createSocket('udp4')
  socket.on('message', (bytes: Buffer, from: RemoteInfo) => onDatagram(socket, bytes, from))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const at = `127.0.0.1:${socket.address().port}`
  return { at, [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose]() }
}

describe('send', () => {
  test('each text is a datagram, and so is what comes back', async () => {
    await using echo = await startApp('udp-echo', ['--host', '127.0.0.1', '--port', '0'])
    const { port } = await echo.listening()
    const { code, stdout } = await udp('send', `127.0.0.1:${port}`, 'a', 'bc', '--nul', '--json')
    expect(code).toBe(0)
    const told = eventsIn(stdout).flatMap(({ event, data }) =>
      event === 'sample' ? [[data.direction, data.text]] : [],
    )
    expect(told).toEqual([
      ['sent', 'a\0'],
      ['sent', 'bc\0'],
      ['received', 'a\0'],
      ['received', 'bc\0'],
    ])
  })

  test('a server that answers nothing is a failure of class TIMEOUT', async () => {
    const heard: string[] = []
    await using server = await peer((_socket, bytes) => heard.push(bytes.toString()))
    const { code, stdout, stderr } = await udp('send', server.at, 'one', 'two', '-W', '300ms')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `udp-echo: ${server.at}: no answer in time\n`,
    })
    expect(stdout).toMatch(/\nsent +3 B to .* "two"\n$/)
    expect(heard).toEqual(['one', 'two'])
  })

  test('a port without a server is refused', async () => {
    const gone = await peer(() => {})
    await gone[Symbol.asyncDispose]()
    const { code, stderr } = await udp('send', gone.at, 'one')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `udp-echo: ${gone.at}: connection refused\n`,
    })
  })
})

describe('exchange', () => {
  test('a text is filled up to 100 bytes, and comes back so', async () => {
    await using server = await peer((socket, bytes, { port, address }) =>
      socket.send(bytes, port, address),
    )
    const { code, stdout } = await udp('exchange', server.at, 'Hello!')
    expect(code).toBe(0)
    expect(stdout).toContain(`received   100 B from ${server.at} "Hello!" + 94 NULs\n`)
  })

  test.each([
    ['none', undefined, 'no answer in time'],
    ['another one', Buffer.alloc(100), 'the echo differs from what was sent'],
  ])('%s comes back: that is told', async (_, answer, message) => {
    await using server = await peer((socket, _bytes, { port, address }) => {
      if (answer !== undefined) socket.send(answer, port, address)
    })
    const { code, stderr } = await udp('exchange', server.at, '-W', '500ms')
    expect({ code, stderr }).toEqual({ code: 1, stderr: `udp-echo: ${server.at}: ${message}\n` })
  })
})

test('receive shows each datagram whole, and ends after --count', async () => {
  const args = ['receive', '-H', '127.0.0.1', '-p', '0', '-c', '2']
  await using server = await startApp('udp-echo', args)
  const [, port] = await server.waitForText(/udp 127\.0\.0\.1:(\d+)\n/)
  const text = 'x'.repeat(90)
  await udp('send', `127.0.0.1:${port}`, text, '\u001b[2J', '--nul', '-W', '1ms')
  await expect(server.exited).resolves.toEqual({ code: 0, signal: null })
  expect(server.stdout).toContain(`"${text}" + NUL\n`)
  expect(server.stdout).toContain(String.raw`"\u001b[2J" + NUL`)
  expect(server.stdout).toMatch(/received 2 \(96 B\)\n$/)
})
