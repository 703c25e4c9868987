import type { Socket } from 'node:net'

import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { connectTo } from '@sockyard/service/connect'
import { NetworkError, networkError, place } from '@sockyard/service/errors'
import { createMessageReport, type MessageReport } from '@sockyard/service/message-report'
import { type ResolvedAddress, resolveTarget } from '@sockyard/service/resolve'

import { DEFAULT_PORT } from './config.ts'

interface TalkOptions {
  wait: number
  ipv4: boolean
  ipv6: boolean
  json: boolean
}

/** A connection to one server, and where to tell what is said on it. */
export interface Talk {
  socket: Socket
  server: ResolvedAddress
  report: MessageReport
}

/**
 * Connects, talks, and ends the connection; a peer that is silent for `--wait` ends it, too.
 *
 * @returns the exit code
 * @throws {NetworkError} why it failed, after the report has told it
 */
export async function talk(
  { options, operands, signal, stdout }: CommandContext<TalkOptions>,
  work: (talk: Talk) => Promise<void>,
): Promise<number> {
  const report = createMessageReport(stdout, options.json)
  const how = { defaultPort: DEFAULT_PORT, family: ipFamily(options), signal }
  try {
    const addresses = await resolveTarget(operands[0] ?? '', how)
    const connect = { timeoutMillis: options.wait, signal }
    const { socket, target: server } = await connectTo(addresses, connect)
    using _ended = { [Symbol.dispose]: () => void socket.destroy() }
    socket.setTimeout(options.wait, () => socket.destroy(silence(server)))
    signal.addEventListener('abort', () => socket.destroy(), { once: true })
    report.start({ transport: 'tcp', address: server.address, port: server.port })
    await work({ socket, server, report }).catch((error: unknown) => {
      throw networkError(error, server.address, server.port)
    })
    report.end()
    return 0
  } catch (error) {
    if (signal.aborted) return 0
    if (options.json && error instanceof NetworkError) report.end(error)
    throw error
  }
}

/** Sends a message with one send(2): the next waits until the kernel has this one. */
export async function sendMessage({ socket, server, report }: Talk, bytes: Uint8Array) {
  await new Promise<void>((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
  report.sent(server, bytes)
}

function silence({ address: host, port }: ResolvedAddress): NetworkError {
  const message = `${place(host, port)}nothing came in time`
  return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
}
