import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'

import { canMakeNamespaces, type TwoHosts, twoHosts } from '@sockyard/testkit/network'
import { runApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { examine, on, start, verdicts } from '../../testing/namespaces.ts'

async function doctor(...args: string[]) {
  const { code, stdout, stderr } = await runApp('survey', ['doctor', ...args, '--json'])
  expect(stderr).toBe('')
  return { code, verdicts: verdicts(stdout) }
}

describe('doctor tcp and udp', () => {
  it('says that a port is not listened to, with exit code 1', async () => {
    for (const check of ['tcp', 'udp']) {
      const { code, verdicts: found } = await doctor(check, '127.0.0.1:1', '--wait', '2s')
      expect({ code, found: found[0]?.code }).toEqual({ code: 1, found: 'refused' })
    }
  })

  it('says that a service answers, and up to which size, with exit code 0', async () => {
    const server = createTcpServer((socket) => void socket.pipe(socket)).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { code, verdicts: found } = await doctor('tcp', `127.0.0.1:${port}`)
    server.close()
    expect({ code, found: found[0]?.code }).toEqual({ code: 0, found: 'answers' })
    expect(found[0]?.evidence).toContain('100000 B returned')
  })

  it('says that a server is bound to another address of this host', async () => {
    const server = createTcpServer().listen(0, '127.0.0.2')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { verdicts: found } = await doctor('tcp', `127.0.0.1:${port}`)
    server.close()
    expect(found[0]).toMatchObject({ code: 'bound-elsewhere', verdict: 'fail' })
    expect(found[0]?.summary).toContain('127.0.0.2')
  })

  it('says that a service resets the connection before anything was asked', async () => {
    const server = createTcpServer((socket) => void socket.resetAndDestroy())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { code, verdicts: found } = await doctor('tcp', `127.0.0.1:${port}`)
    server.close()
    expect({ code, found: found[0]?.code }).toEqual({ code: 1, found: 'reset' })
    expect(found[0]?.chain.find(({ state }) => state === 'broken')?.name).toBe('answer')
  })

  it.each([
    [['doctor', 'sctp', 'localhost:1'], 'must be host, multicast, udp, tcp or stamp'],
    [['doctor'], 'missing argument WHAT'],
    [['doctor', 'udp', 'localhost'], 'must be HOST:PORT'],
    [['doctor', 'multicast', '10.0.0.1'], 'must be a multicast group'],
  ])('%j is one line and exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await runApp('survey', args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})

describe.skipIf(!canMakeNamespaces())('in a network with a fault', () => {
  let hosts: TwoHosts

  beforeAll(() => {
    hosts = twoHosts('doctor')
  })
  afterAll(() => hosts[Symbol.dispose]())

  it('tells a host that is absent from one that is silent', async () => {
    const absent = await examine(hosts.host, 'tcp', '10.77.0.77:80', '-W', '5s')
    expect(absent?.code).toBe('host-absent')
    on(hosts.peer, 'iptables -A INPUT -p tcp --dport 81 -j DROP')
    const silent = await examine(hosts.host, 'tcp', '10.77.0.2:81', '-W', '1s')
    expect(silent?.code).toBe('silent')
  })

  it('says that large datagrams are lost where fragments are dropped', async () => {
    await using echo = start(hosts.peer, 'udp-echo', ['--port', '3333', '--log-format', 'json'])
    await echo.listening()
    on(hosts.peer, 'iptables -A INPUT -p udp -m length --length 2000:65535 -j DROP')
    const found = await examine(hosts.host, 'udp', '10.77.0.2:3333', '-W', '4s')
    on(hosts.peer, 'iptables -F INPUT')
    expect(found).toMatchObject({ verdict: 'fail', code: 'large-lost' })
    expect(found?.summary).toContain('8000 B')
  })

  it('says that there is no route', async () => {
    on(hosts.host, 'ip route del default')
    for (const check of ['udp', 'tcp']) {
      const found = await examine(hosts.host, check, '192.0.2.1:80', '-W', '1s')
      expect(found).toMatchObject({ verdict: 'fail', code: 'no-route' })
    }
    on(hosts.host, 'ip route add default dev eth0')
  })

  it('names what lets nothing out', async () => {
    on(hosts.host, 'iptables -A OUTPUT -p udp --dport 3334 -j DROP')
    const found = await examine(hosts.host, 'udp', '10.77.0.2:3334', '-W', '1s')
    on(hosts.host, 'iptables -F OUTPUT')
    expect(found?.code).toBe('local-firewall')
  })
})
