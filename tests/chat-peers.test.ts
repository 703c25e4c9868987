import { describeWithDocker } from '@sockyard/testkit/docker'
import { expect, it } from 'vitest'

import { startPeers, startService } from './support/container.ts'
import { startNetwork } from './support/network.ts'

describeWithDocker('chat, as foreign clients see it', () => {
  it('telnet, ncat, nc and socat talk to each other, over IPv4 and IPv6', async () => {
    await using network = await startNetwork()
    await using _chat = await startService('chat', { network })
    await using peers = await startPeers({ network })
    const clients = {
      telnet: ['telnet', '-4', 'chat', '2020'],
      ncat: ['ncat', '-6', 'chat', '2020'],
      nc: ['nc', 'chat', '2020'],
      socat: ['socat', 'STDIO', 'TCP6:chat:2020'],
    }
    await using stack = new AsyncDisposableStack()
    const members = []
    for (const [name, command] of Object.entries(clients)) {
      const client = stack.use(peers.exec(...command))
      await client.waitForText(/welcome, you are /)
      client.stdin.write(`/nick by-${name}\n`)
      await client.waitForText(new RegExp(`is now by-${name}|you are by-${name}`))
      members.push({ name, client })
    }
    for (const { name, client } of members) {
      client.stdin.write(`hello of ${name}\n`)
      for (const { client: other } of members.filter((each) => each.client !== client))
        await other.waitForText(new RegExp(`^by-${name}: hello of ${name}\\r?$`, 'm'))
      expect(client.stdout).not.toContain(`by-${name}: hello`)
    }
    const [first, ...others] = members
    first?.client.stdin.write('/quit\n')
    for (const { client } of others) await client.waitForText(/\* by-telnet left/)
  })

  it('the relay passes the bytes of ncat to socat as they are', async () => {
    await using network = await startNetwork()
    await using relay = await startService('chat', { network, command: ['--relay'] })
    await using peers = await startPeers({ network })
    const size = 1_000_000
    await peers.run('sh', '-c', `head -c ${size} /dev/urandom > /tmp/bytes`)
    const readers = ['TCP4', 'TCP6'].map((family) =>
      peers.run('sh', '-c', `socat -u ${family}:chat:2020,readbytes=${size} - | cmp - /tmp/bytes`),
    )
    await relay.log.waitForLog(({ id, msg }) => msg === 'connected' && id === 2)
    await peers.run('sh', '-c', 'ncat chat 2020 < /tmp/bytes')
    expect(await Promise.all(readers)).toEqual(['', ''])
  })

  it('a stuck reader is cut off, the others go on', async () => {
    await using network = await startNetwork()
    const command = ['--rate-limit', '0']
    await using chat = await startService('chat', { network, command })
    await using peers = await startPeers({ network })
    await using stuck = peers.exec('nc', 'chat', '2020')
    const [, name] = await stuck.waitForText(/welcome, you are (\S+);/)
    await peers.run('pkill', '-STOP', '-x', 'nc')
    await using talker = peers.exec('socat', 'STDIO', 'TCP:chat:2020')
    await using listener = peers.exec('sh', '-c', 'ncat chat 2020 | grep -v --line-buffered flood')
    await listener.waitForText(/welcome/)
    await using _flood = peers.exec('sh', '-c', 'yes this is a flood of lines | ncat chat 2020')
    await chat.log.waitForLog(({ msg, reason }) => msg === 'dropped' && reason === 'slow-reader')
    await listener.waitForText(new RegExp(`\\* ${name} left`))
    talker.stdin.write('still here\n')
    await listener.waitForText(/: still here/)
    expect(chat.log.lines.filter(({ msg }) => msg === 'dropped')).toMatchObject([{ member: name }])
  })
})
