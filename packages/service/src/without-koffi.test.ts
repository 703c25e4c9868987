import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

import { runApp } from '@sockyard/testkit/run-app'
import { describe, expect, it } from 'vitest'

import { startEchoProcess, startProcess } from '../testing/kit.ts'

const hook = fileURLToPath(new URL('../testing/without-koffi.mjs', import.meta.url))
const GREETER = 'packages/service/src/example/main.ts'
const env = { NODE_OPTIONS: `--import=${hook}` }
const without = (node: string): string => `env NODE_OPTIONS='--import=${hook}' ${node}`

describe('where koffi is missing', () => {
  it('a TCP server says once what is missing, and serves', async () => {
    await using server = await startEchoProcess(without, '--vanished-millis', '40')
    const client = connect(server.port.tcp, '127.0.0.1')
    client.write('hello')
    expect(String((await once(client, 'data'))[0])).toBe('hello')
    expect((await server.next('peers that vanish are noticed late'))['error']).toContain('koffi')
    client.write('still')
    expect(String((await once(client, 'data'))[0])).toBe('still')
    client.destroy()
  })

  it('a multicast receiver says what is missing, and receives', async () => {
    await using receiver = startProcess(
      new URL('../testing/receiver.ts', import.meta.url),
      without,
      'onDatagram',
      '239.255.9.9',
    )
    expect((await receiver.next('datagrams may come once for each interface'))['error']).toContain(
      'koffi',
    )
    await receiver.next('ready')
    const sender = createSocket('udp4').bind(0)
    await once(sender, 'listening')
    sender.setMulticastInterface('127.0.0.1')
    sender.send('hi', 24_321, '239.255.9.9')
    expect(await receiver.next('datagram')).toMatchObject({ text: 'hi' })
    sender.close()
  })

  it('a service manager hears nothing, the log says why, and the service serves', async () => {
    await using server = startProcess(
      new URL('example/main.ts', import.meta.url),
      (node) => `env NOTIFY_SOCKET=/nosuch ${without(node)}`,
      '--port=0',
      '--admin-port=0',
    )
    expect((await server.next('the service manager is not told'))['error']).toContain('koffi')
    expect(await server.next('listening')).toMatchObject({ transport: 'http' })
    expect(await server.next('listening')).toMatchObject({ transport: 'tcp' })
  })

  it('a daemon cannot be started, and one line says why', async () => {
    const { code, stderr } = await runApp(GREETER, ['--daemon'], { env })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^greeter: koffi cannot be loaded \(.*\); install it to .*\n$/),
    })
  })

  it('a client of inetd reads nothing of it', async () => {
    expect(await runApp(GREETER, ['--inetd'], { env })).toEqual({ code: 1, stdout: '', stderr: '' })
  })
})
