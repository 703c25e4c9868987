import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { runApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

describe('the command line', () => {
  it.each([
    ['--nonsense', 'unknown option --nonsense'],
    ['--port 99999', '--port 99999: must be 1 to 65535'],
    ['--group 192.0.2.1', '--group 192.0.2.1: must be a multicast group'],
    ['--interface nosuch0', '--interface nosuch0: no such interface; there are '],
    ['--allow everybody', '--allow everybody: must be an address'],
    ['--key 5', '--key 5: needs --keys FILE'],
    ['--key five', '--key five: must be the number of a key'],
    ['--keys /nosuch/keys', '--keys /nosuch/keys: cannot be read: ENOENT'],
    ['query', 'missing argument HOST[:PORT]'],
    ['query host:99999', 'HOST host:99999: the port must be 1 to 65535'],
    ['query ::1 -4', 'HOST ::1: is not an IPv4 address'],
    ['query localhost --count=-1', '--count -1: must be 0 to'],
    ['query localhost --key 1', '--key 1: needs --keys FILE'],
  ])('refuses "%s" in one line', async (words, message) => {
    const { code, stderr } = await runApp('sntp-listener', words.split(' '))
    expect(stderr).toContain(`sntp-listener: ${message}`)
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 2, lines: 2 })
  })

  it('reports in one line that a name does not resolve', async () => {
    const { code, stderr } = await runApp('sntp-listener', ['query', 'no-such-host.invalid'])
    expect(stderr).toMatch(/^sntp-listener: no-such-host\.invalid.*does not resolve.*\n$/)
    expect(code).toBe(1)
  })

  it.each(['224.0.1.1', '127.255.255.255'])(
    'reports in one line that %s is in use',
    async (address) => {
      const taken = createSocket('udp4').bind(0, address)
      await once(taken, 'listening')
      const { port } = taken.address()
      const args = ['--port', String(port), '--interface', '127.0.0.1', '--group', '224.0.1.1']
      const { code, stderr } = await runApp('sntp-listener', args)
      taken.close()
      expect(stderr).toBe(`sntp-listener: ${address}:${port}: the address is already in use\n`)
      expect(code).toBe(1)
    },
  )

  it.each(['--check', 'query localhost --check'])('only checks with "%s"', async (words) => {
    const { code, stderr } = await runApp('sntp-listener', words.split(' '))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})
