import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

import { encodeTime } from '@sockyard/protocol/daytime'
import { daytimeQueryEvent } from '@sockyard/protocol/results'
import { canMakeNamespaces, twoHosts } from '@sockyard/testkit/network'
import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

vi.setConfig({ testTimeout: 30_000 })

const LOOPBACK = '127.0.0.1'

async function query(port: number, ...options: readonly string[]) {
  const args = ['query', `${LOOPBACK}:${port}`, '--json', '--interval', '10ms', ...options]
  const { code, stdout, stderr } = await runApp('daytime', args)
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => daytimeQueryEvent.parse(JSON.parse(line)))
  const samples = events.flatMap((each) => (each.event === 'sample' ? [each.data] : []))
  const [end] = events.flatMap((each) => (each.event === 'end' ? [each.data] : []))
  if (end === undefined) throw new Error(`no end: ${stdout}${stderr}`)
  return { code, samples, end }
}

/** A TCP server that sends this to every client. */
async function saying(bytes: Uint8Array | string) {
  const server = createServer((socket) => {
    // A client that has had enough resets the connection.
    socket.on('error', () => undefined).end(bytes)
  }).listen(0, LOOPBACK)
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

describe('a query', () => {
  it.each([
    ['daytime', 'tcp', []],
    ['daytime', 'udp', ['--udp']],
    ['time', 'tcp', ['--time']],
    ['time', 'udp', ['--time', '--udp']],
  ])('of %s over %s finds the clock of this machine right', async (service, transport, options) => {
    const here = ['--host', LOOPBACK, '--port', '0', '--time-port', '0']
    await using app = await startApp('daytime', here)
    const line = await app.waitForLog(
      (each) =>
        each['msg'] === 'listening' &&
        each['service'] === service &&
        each['transport'] === transport,
    )
    const { code, end } = await query(Number(line['port']), ...options)
    expect(code).toBe(0)
    expect(end).toMatchObject({ sent: 4, received: 4, lost: 0, malformed: 0 })
    expect(Math.abs(end.offsetMicros ?? Infinity)).toBeLessThanOrEqual(end.uncertaintyMicros ?? 0)
  })

  it('measures a clock that is an hour ahead', async () => {
    const hour = 3_600_000_000_000n
    const now = Temporal.Now.instant().epochNanoseconds
    const { server, port } = await saying(encodeTime(now + hour))
    const { samples } = await query(port, '--time', '--count', '1')
    const [sample] = samples
    // The peer's clock stands still while this machine is busy.
    expect(Math.abs((sample?.offsetMicros ?? 0) - 3.6e9)).toBeLessThan(20e6)
    server.close()
  })

  it('takes the time of the era that is near: the number has begun again from 0 in 2036', async () => {
    const { server, port } = await saying(new Uint8Array(4))
    const { samples } = await query(port, '--time', '--count', '1')
    expect(samples[0]?.text).toBe('2036-02-07T06:28:16Z')
    server.close()
  })

  it('shows what it can read and knows no offset without a time zone', async () => {
    const { server, port } = await saying('Mon May 26 20:58:40 2003\r\n')
    const { code, samples } = await query(port, '--count', '1')
    expect(code).toBe(0)
    expect(samples[0]).toMatchObject({ text: 'Mon May 26 20:58:40 2003', offsetMicros: null })
    server.close()
  })

  it.each(['', '\u001b[31mred', 'x'.repeat(100_000)])(
    'an answer that is none is malformed',
    async (said) => {
      const { server, port } = await saying(said)
      const { code, end } = await query(port, '--count', '2')
      expect(code).toBe(1)
      expect(end).toMatchObject({
        sent: 2,
        received: 0,
        malformed: 2,
        error: { errorClass: 'OTHER' },
      })
      server.close()
    },
  )

  it('silence and refusal have their class, and exit code 1', async () => {
    const silent = createSocket('udp4').bind(0, LOOPBACK)
    await once(silent, 'listening')
    const { port } = silent.address()
    const waited = await query(port, '--udp', '--count', '1', '--wait', '50ms')
    expect(waited).toMatchObject({ code: 1, end: { error: { errorClass: 'TIMEOUT' } } })
    silent.close()
    await once(silent, 'close')
    const refused = await query(port, '--udp', '--count', '1')
    expect(refused).toMatchObject({ code: 1, end: { error: { errorClass: 'REFUSED' } } })
  })
})

it('queries over UDP with one byte: an empty datagram is lost behind published ports', async () => {
  const server = createSocket('udp4').bind(0, LOOPBACK)
  await once(server, 'listening')
  const sizes: number[] = []
  server.on('message', (bytes, { port, address }) => {
    sizes.push(bytes.length)
    server.send(encodeTime(Temporal.Now.instant().epochNanoseconds), port, address)
  })
  const { code } = await query(server.address().port, '--udp', '--time', '--count', '1')
  expect({ code, sizes }).toEqual({ code: 0, sizes: [1] })
  server.close()
})

it.skipIf(!canMakeNamespaces())('without a route ends with an end event', async () => {
  using hosts = twoHosts('daytime')
  hosts.disconnect()
  const args = ['query', '10.77.0.2', '--udp', '--json', '-c', '1']
  const { code, stdout, stderr } = await runApp('daytime', args, { namespace: hosts.host })
  const last = daytimeQueryEvent.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''))
  expect(last).toMatchObject({ event: 'end', data: { error: { errorClass: 'UNREACHABLE' } } })
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
})

it.each([
  [['query'], 'HOST[:PORT]'],
  [['query', `${LOOPBACK}:0`], 'the port must be 1 to 65535'],
  [['query', LOOPBACK, '--count=-1'], '--count -1: must be'],
  [['--port', '4000', '--time-port', '4000'], '--time-port 4000: is the port of daytime too'],
  [['--time-port', '99999'], '--time-port 99999: must be'],
])('%j is one line and exit code 2', async (args, message) => {
  const { code, stdout, stderr } = await runApp('daytime', args)
  expect(stderr).toContain(message)
  expect(stderr).toMatch(/^daytime: .*\n$/)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})
