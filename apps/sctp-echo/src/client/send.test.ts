import { sctpSendEvent, type SctpSendEvent } from '@sockyard/protocol/results'
import { udpRelay } from '@sockyard/testkit/network'
import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { openEndpoint, startServer, target } from '../peer.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

type Sample = Extract<SctpSendEvent, { event: 'sample' }>['data']

function eventsOf(stdout: string): SctpSendEvent[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => sctpSendEvent.parse(JSON.parse(line)))
}

function messagesOf(stdout: string): Extract<Sample, { kind: 'message' }>[] {
  return eventsOf(stdout).flatMap(({ event, data }) =>
    event === 'sample' && data.kind === 'message' ? [data] : [],
  )
}

const of = (stream: number, texts: string[]): string[] =>
  texts.filter((each) => each.endsWith(`.${stream}`))

const but = (stream: number, texts: string[]): string[] =>
  texts.filter((each) => !each.endsWith(`.${stream}`))

describe('send', () => {
  it('sends each line on its stream, and shows where its echo came', async () => {
    await using server = await startServer('--streams', '4')
    const stdin = '[0]one\n[3]two\nthree\n\n'
    const { code, stdout, stderr } = await runApp('sctp-echo', ['send', ...target(server)], {
      stdin,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/: 4 streams out, 4 in\n.*\* association up address=127\.0\.0\.1/)
    expect(stdout).toMatch(/stream {2}1 {2}seq {4}0 {2}one\n/)
    expect(stdout).toMatch(/stream {2}0 {2}seq {4}0 {2}two\n/)
    expect(stdout).toMatch(/stream {2}1 {2}seq {4}1 {2}three\n/)
    expect(stdout).toMatch(/\* association ended\nsent 3 {2}received 3 {2}in .*\n$/)
  })

  it('sends a line on every stream with --to-all, as JSON that is valid by its schema', async () => {
    await using server = await startServer()
    const args = ['send', ...target(server), '--to-all', '--json']
    const { code, stdout } = await runApp('sctp-echo', args, { stdin: 'hello\n' })
    expect(code).toBe(0)
    const messages = messagesOf(stdout)
    const places = messages.map(({ stream, text, sizeBytes }) => [stream, text, sizeBytes])
    const expected = Array.from({ length: 16 }, (_, n) => [(n + 1) % 16, `hello.msg.${n}`, 800])
    expect(places).toEqual(expected)
    expect(eventsOf(stdout).at(-1)).toMatchObject({
      event: 'end',
      data: { sent: 16, received: 16 },
    })
  })

  it('shows that a lost packet holds back its own stream, and no other', async () => {
    // With the MTU that is taken for granted there are no probes to be counted.
    const base = ['--mtu', '1200']
    await using server = await startServer('--streams', '4', '--stream-increment', '0', ...base)
    let datagrams = 0
    // Four of the handshake, the first message, and then one of the messages or echoes: that is lost.
    const random = (): number => ((datagrams += 1) === 6 ? 0 : 1)
    const to = { address: '127.0.0.1', port: server.udpPort }
    await using relay = await udpRelay({ target: to, loss: 0.5, random })
    const args = ['send', ...target({ udpPort: relay.port }), '--to-all', '--json', ...base]
    const { code, stdout } = await runApp('sctp-echo', args, { stdin: 'a\nb\nc\n' })
    expect(code).toBe(0)
    expect(relay.toTarget.lost + relay.toClient.lost).toBe(1)
    const sent = ['a', 'b', 'c'].flatMap((line) => [0, 1, 2, 3].map((n) => `${line}.msg.${n}`))
    const arrived = messagesOf(stdout).map(({ text }) => text)
    expect(arrived).not.toEqual(sent)
    for (const stream of [0, 1, 2, 3]) expect(of(stream, arrived)).toEqual(of(stream, sent))
    // Without the one that was held back, all the others came as they were sent.
    const held = [0, 1, 2, 3].filter(
      (stream) => but(stream, arrived).join() === but(stream, sent).join(),
    )
    expect(held).toHaveLength(1)
  })

  it('does not send a line for a stream that does not exist, and reports it', async () => {
    await using server = await startServer('--streams', '2')
    const stdin = '[2]beyond\n[1]right\n'
    const { code, stdout, stderr } = await runApp('sctp-echo', ['send', ...target(server)], {
      stdin,
    })
    expect(stderr).toContain('stream 2: must be 0 to 1; not sent')
    expect(stdout).toContain('sent 1  received 1')
    expect(code).toBe(1)
  })

  it("escapes control characters of a peer's messages", async () => {
    await using peer = await openEndpoint({ port: 9877, listen: true })
    peer.on('message', ({ association }) =>
      peer.send({ association, data: Buffer.from('\u001B[2Jbad\u202E\u0007\nend\0\0') }),
    )
    const args = ['send', ...target(peer.address())]
    const { stdout } = await runApp('sctp-echo', args, { stdin: 'x\n' })
    expect(stdout).toContain('seq    0  [2Jbadend\n')
  })

  it('ends with 1 when the peer aborts, with its reason and what was not delivered', async () => {
    await using peer = await openEndpoint({ port: 9877, listen: true })
    peer.on('message', ({ association }) => peer.abort(association, '\u001B[2Jenough\n\u202E!'))
    const events = ['--events', 'association,send-failure']
    const args = ['send', ...target(peer.address()), ...events, '--json']
    const { code, stdout, stderr } = await runApp('sctp-echo', args, { stdin: 'x\n' })
    expect(code).toBe(1)
    expect(stdout + stderr).toContain('aborted the association (user-initiated abort: [2Jenough!)')
    expect(eventsOf(stdout).at(-1)).toMatchObject({
      event: 'end',
      data: { sent: 1, received: 0, error: { errorClass: 'RESET' } },
    })
    const kinds = eventsOf(stdout).flatMap(({ event, data }) =>
      event === 'sample' ? [data.kind] : [],
    )
    expect(kinds).toEqual(['association', 'send-failure', 'association'])
  })

  it('shows only the events of --events', async () => {
    await using server = await startServer()
    const args = ['send', ...target(server), '--events', 'none']
    const { stdout } = await runApp('sctp-echo', args, { stdin: 'x\n' })
    expect(stdout).not.toContain('*')
  })

  it('exits with 1 when no echo comes, and when the SCTP port is closed', async () => {
    await using peer = await openEndpoint({ port: 9877, listen: true })
    const silent = ['send', ...target(peer.address()), '--wait', '300ms']
    expect((await runApp('sctp-echo', silent, { stdin: 'x\n' })).code).toBe(1)
    const [host = '', ...others] = target(peer.address())
    const refused = await runApp('sctp-echo', ['send', `${host}:1`, ...others, '--wait', '300ms'])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/^sctp-echo: 127\.0\.0\.1:1: .*association.*\n$/)
  })

  it('shows unsolicited messages of a server, and ends when the server does', async () => {
    await using peer = await openEndpoint({ port: 9877, listen: true })
    peer.on('notification', ({ type, association }) => {
      if (type !== 'association-up') return
      peer.send({ association, data: Buffer.from('good day') })
      void peer.shutdown(association)
    })
    await using app = await startApp('sctp-echo', ['send', ...target(peer.address())])
    expect((await app.exited).code).toBe(0)
    expect(app.stdout).toContain('seq    0  good day\n')
    expect(app.stdout).toContain('* the peer shuts down')
  })
})
