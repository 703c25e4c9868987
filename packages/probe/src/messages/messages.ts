import type { Writable } from 'node:stream'

import { parseTarget, type ResolvedAddress } from '@sockyard/net/address'
import { type PathOptions, sourceInterface } from '@sockyard/net/connect'
import { NetworkError, networkError, place } from '@sockyard/net/errors'

import { createMessageReport, type MessageReport } from './message-report.ts'

/** What the commands need of their process; the context of a command has it. */
export interface MessageContext<Options> {
  options: Options & PathOptions & { json: boolean }
  /** HOST[:PORT], then the texts. */
  operands: readonly string[]
  /** Aborts when the user wants it to end. */
  signal: AbortSignal
  stdout: Writable
}

/** A connection or connected socket that messages go out on. */
export interface MessagePeer extends Disposable {
  readonly target: ResolvedAddress
  /** Sends a message by one send(2); resolves once the kernel has it. */
  send(bytes: Uint8Array): Promise<void>
  /** Nothing more will be sent: FIN where there is one. */
  end(): void
  /** Whether `connect` can be asked for another address. */
  readonly hasNext: boolean
  /** What comes in: ends with the peer's FIN, or after the wait for a datagram. Throws why it failed. */
  readonly incoming: AsyncIterable<Uint8Array>
}

/** What differs from transport to transport. */
export interface MessageTransport {
  name: 'tcp' | 'udp'
  /** The default port. */
  defaultPort: number
  /**
   * @param skip how many addresses of the name were found to have no server
   * @throws {NetworkError} when there is no way to the server
   */
  connect: (skip: number) => Promise<MessagePeer>
}

/**
 * Sends each text as one message, and shows what comes back: over TCP until the server ends its direction too, over
 * UDP until as many came back as were sent, or no message in time.
 *
 * @returns the exit code: 1 when datagrams were sent and none came back
 * @throws {NetworkError} why it failed, after the report has told it
 */
export function send(
  context: MessageContext<{ nul: boolean }>,
  transport: MessageTransport,
): Promise<number> {
  const [, ...texts] = context.operands
  const end = context.options.nul ? '\0' : ''
  return converse(context, transport, async (peer, report) => {
    for (const text of texts) {
      const message = Buffer.from(text + end)
      await peer.send(message)
      report.sent(peer.target, message)
    }
    peer.end()
    let received = 0
    for await (const bytes of peer.incoming) {
      report.received(peer.target, bytes)
      received += 1
      if (transport.name === 'udp' && received === texts.length) break
    }
    if (transport.name === 'udp' && received === 0) throw silence(peer.target)
  })
}

/**
 * Sends one message of `--size` bytes, and waits until all of it is back; a stream may bring it in any parts.
 *
 * @throws {NetworkError} when less comes, or something else
 */
export function exchange(
  context: MessageContext<{ size: number }>,
  transport: MessageTransport,
): Promise<number> {
  const { size } = context.options
  return converse(context, transport, async (peer, report) => {
    const message = Buffer.alloc(size)
    message.write(context.operands[1] ?? 'hello, sockyard')
    await peer.send(message)
    report.sent(peer.target, message)
    const answer = await readMessage(peer, transport.name === 'tcp' ? size : 0)
    if (!message.equals(answer)) throw wrong(peer.target, 'the echo differs from what was sent')
    report.received(peer.target, answer)
  })
}

/** Reads a datagram, or `size` bytes of a stream. */
async function readMessage({ incoming, target }: MessagePeer, size: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of incoming) {
    parts.push(part)
    length += part.length
    if (length >= size) return Buffer.concat(parts)
  }
  if (size === 0) throw silence(target)
  throw wrong(target, `the server closed after ${length} of ${size} B`)
}

async function converse(
  { options, operands, signal, stdout }: MessageContext<unknown>,
  { name, defaultPort, connect }: MessageTransport,
  work: (peer: MessagePeer, report: MessageReport) => Promise<void>,
): Promise<number> {
  sourceInterface(options)
  const report = createMessageReport(stdout, options.json)
  const { host } = parseTarget(operands[0] ?? '', defaultPort)
  try {
    for (let skip = 0; ; skip += 1) {
      using peer = await connect(skip)
      const { address, port } = peer.target
      if (skip === 0) report.start({ transport: name, host, address, port })
      const failure = await work(peer, report).catch((error: unknown) =>
        networkError(error, address, port),
      )
      if (failure === undefined) break
      // A datagram that was refused reached no server: the next address may have one.
      if (failure.errorClass !== 'REFUSED' || !peer.hasNext) throw failure
    }
    report.end()
    return 0
  } catch (error) {
    if (signal.aborted) return 0
    if (options.json && error instanceof NetworkError) report.end(error)
    throw error
  }
}

function silence({ address: host, port }: ResolvedAddress): NetworkError {
  const message = `${place(host, port)}no answer in time`
  return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
}

function wrong({ address: host, port }: ResolvedAddress, what: string): NetworkError {
  return new NetworkError(`${place(host, port)}${what}`, { errorClass: 'OTHER', host, port })
}
