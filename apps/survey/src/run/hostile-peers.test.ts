// A survey of peers that lie ends with a verdict for each, in bounded memory.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

import { surveyRunEvent } from '@sockyard/protocol/results'
import { canLimitMemory, memoryCgroup, runApp } from '@sockyard/testkit/process'
import { expect, test, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 180_000 })

const CHUNK = Buffer.alloc(64 * 1024, 'x')

const OVER_TCP: Readonly<Record<string, (socket: Socket) => void>> = {
  'sends without an end': (socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(CHUNK));
    }
    socket.on('drain', more).resume()
    more()
  },
  'resets at once': (socket) => void socket.resetAndDestroy(),
  'says everything twice': (socket) => {
    socket.on('data', (bytes: Buffer) => void socket.write(Buffer.concat([bytes, bytes])))
  },
}

const OVER_UDP: Readonly<Record<string, (asked: Uint8Array) => Uint8Array[]>> = {
  'answers 300 times': (asked) => Array<Uint8Array>(300).fill(asked),
  'answers twice as long': (asked) => [Buffer.concat([asked, asked])],
  'answers half': (asked) => [asked.subarray(0, asked.length >> 1)],
}

async function openTcp(onConnection: (socket: Socket) => void, stack: DisposableStack) {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  stack.defer(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function openUdp(answers: (asked: Uint8Array) => Uint8Array[], stack: DisposableStack) {
  const socket = createSocket('udp4')
  stack.defer(() => void socket.close())
  socket.on('message', (asked, { address, port }) => {
    for (const answer of answers(asked)) socket.send(answer, port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket.address().port
}

/** The verdict of each check, as `check: status`. */
async function surveyed(target: string): Promise<string[]> {
  using cgroup = canLimitMemory() ? memoryCgroup(`survey-${process.pid}`) : undefined
  const words = [target, '--wait', '500ms', '--json']
  const options = { timeoutMillis: 120_000, ...(cgroup && { cgroup }) }
  const { code, stdout, stderr } = await runApp('survey', words, options)
  expect({ code, stderr }).toEqual({ code: expect.toBeOneOf([0, 1]), stderr: '' })
  const events = stdout.trimEnd().split('\n')
  return events
    .map((line) => surveyRunEvent.parse(JSON.parse(line)))
    .flatMap((each) =>
      each.event === 'sample' ? [`${each.data.check}: ${each.data.verdict}`] : [],
    )
}

test.each(Object.entries(OVER_TCP))('a TCP service that %s', async (_what, onConnection) => {
  using stack = new DisposableStack()
  const port = await openTcp(onConnection, stack)
  expect(await surveyed(`tcp://127.0.0.1:${port}`)).toEqual([
    expect.stringMatching(/^tcp-connect: /),
    'tcp-path-mtu: skipped',
  ])
})

test.each([
  ['answers 300 times', [expect.stringMatching('^udp-loss'), expect.stringMatching('^udp-sizes')]],
  ['answers twice as long', ['udp-loss: fail', 'udp-sizes: skipped']],
  ['answers half', ['udp-loss: fail', 'udp-sizes: skipped']],
])('a UDP service that %s', async (what, verdicts) => {
  using stack = new DisposableStack()
  const port = await openUdp(OVER_UDP[what] ?? (() => []), stack)
  expect(await surveyed(`udp://127.0.0.1:${port}`)).toEqual(verdicts)
})

test('an echo at the port of a reflector is none', async () => {
  using stack = new DisposableStack()
  const port = await openUdp((asked) => [asked], stack)
  expect(await surveyed(`stamp://127.0.0.1:${port}`)).toEqual([
    'stamp: fail',
    'time-offset: skipped',
  ])
})
