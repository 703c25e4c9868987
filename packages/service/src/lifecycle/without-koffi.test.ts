import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

import { startEchoProcess, startProcess } from '@sockyard/net/testing'
import { runApp } from '@sockyard/testkit/process'
import { describe, expect, it } from 'vitest'

const hook = fileURLToPath(new URL('../../testing/without-koffi.mjs', import.meta.url))
const GREETER = 'packages/service/src/example/main.ts'
const env = { NODE_OPTIONS: `--import=${hook}` }
const without = (node: string): string => `env NODE_OPTIONS='--import=${hook}' ${node}`

const koffiIsMissing = { error: { missing: expect.stringContaining('koffi') } }

describe('where koffi is missing', () => {
  it('a TCP server logs once what is missing, and serves', async () => {
    await using server = await startEchoProcess(without, '--dead-peer-millis', '40')
    const client = connect(server.port.tcp, '127.0.0.1')
    client.write('hello')
    expect(String((await once(client, 'data'))[0])).toBe('hello')
    expect(await server.next('dead peers are detected late')).toMatchObject(koffiIsMissing)
    client.write('still')
    expect(String((await once(client, 'data'))[0])).toBe('still')
    client.destroy()
  })

  it('a multicast receiver logs what is missing, and receives', async () => {
    await using receiver = startProcess(
      new URL('../../../net/testing/receiver.ts', import.meta.url),
      without,
      'onDatagram',
      '239.255.9.9',
    )
    expect(await receiver.next('datagrams may come once for each interface')).toMatchObject(
      koffiIsMissing,
    )
    await receiver.next('ready')
    const sender = createSocket('udp4').bind(0)
    await once(sender, 'listening')
    sender.setMulticastInterface('127.0.0.1')
    sender.send('hi', 24_321, '239.255.9.9')
    expect(await receiver.next('datagram')).toMatchObject({ text: 'hi' })
    sender.close()
  })

  it('a service manager gets no notification, the log has the reason, and the service serves', async () => {
    await using server = startProcess(
      new URL('../example/main.ts', import.meta.url),
      (node) => `env NOTIFY_SOCKET=/nosuch ${without(node)}`,
      '--port=0',
      '--admin-port=0',
    )
    expect(await server.next('the service manager cannot be notified')).toMatchObject({
      error: { message: expect.stringContaining('koffi') },
    })
    expect(await server.next('listening')).toMatchObject({ transport: 'http' })
    expect(await server.next('listening')).toMatchObject({ transport: 'tcp' })
  })

  it('a daemon cannot be started, and one line has the reason', async () => {
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
