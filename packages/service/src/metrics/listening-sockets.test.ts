import { NativeSocket } from '@sockyard/posix/socket'
import { startApp } from '@sockyard/testkit/process'
import { expect, test } from 'vitest'

import { listeningOptions, showOptionsOf } from './listening-sockets.ts'
import { Registry } from './prometheus.ts'

const GREETER = 'packages/service/src/example/main.ts'

interface Shown {
  transport: string
  port: number
  options: { name: string; value: unknown; reason: string | null }[]
}

async function optionsOf(adminPort: number): Promise<Shown[]> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/options`)
  expect(response.headers.get('content-type')).toBe('application/json')
  return ((await response.json()) as { sockets: Shown[] }).sockets
}

function valueOf(shown: Shown | undefined, name: string): unknown {
  return shown?.options.find((option) => option.name === name)?.value
}

test('the admin endpoint of a TCP server lists the options of its listening socket', async () => {
  await using app = await startApp(GREETER, ['--host', '127.0.0.1', '--port', '0'])
  const { port } = await app.listening()
  const [socket, ...others] = await optionsOf(await app.adminPort())
  expect(others).toEqual([])
  expect(socket).toMatchObject({ transport: 'tcp', port })
  expect(valueOf(socket, 'SO_ACCEPTCONN')).toBe(true)
  expect(valueOf(socket, 'SO_TYPE')).toBe(1)
  expect(socket?.options.map(({ name }) => name)).not.toContain('IPV6_V6ONLY')
})

test('a socket is shown until it is hidden, and without SO_ERROR', () => {
  const metrics = new Registry()
  using target = NativeSocket.open({ family: 'IPv6', type: 'datagram' })
  const hide = showOptionsOf(metrics, { transport: 'udp', address: '::', port: 7, target })
  const [shown] = listeningOptions(metrics)
  expect(valueOf(shown, 'SO_PROTOCOL')).toBe(17)
  expect(valueOf(shown, 'IPV6_V6ONLY')).toBe(false)
  expect(valueOf(shown, 'SO_ERROR')).toBeUndefined()
  target.close()
  expect(listeningOptions(metrics)).toHaveLength(1)
  hide()
  expect(listeningOptions(metrics)).toEqual([])
  expect(listeningOptions(new Registry())).toEqual([])
})
