import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { NetworkError, networkError } from '@sockyard/service/errors'
import { createMessageReport, type MessageReport } from '@sockyard/service/message-report'
import { resolveTarget } from '@sockyard/service/resolve'

import { DEFAULT_PORT } from './config.ts'
import { openProbeSocket, type ProbeSocket } from './probe-socket.ts'

interface TalkOptions {
  ipv4: boolean
  ipv6: boolean
  json: boolean
}

/** A socket connected to one server, and where to tell what is said. */
export interface Talk extends Omit<ProbeSocket, keyof Disposable> {
  report: MessageReport
}

/**
 * Opens a socket to a server, talks, and closes it.
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
    using server = await openProbeSocket(await resolveTarget(operands[0] ?? '', how))
    const { socket, target } = server
    report.start({ transport: 'udp', address: target.address, port: target.port })
    await work({ socket, target, report }).catch((error: unknown) => {
      throw networkError(error, target.address, target.port)
    })
    report.end()
    return 0
  } catch (error) {
    if (signal.aborted) return 0
    if (options.json && error instanceof NetworkError) report.end(error)
    throw error
  }
}

/** Sends one datagram. */
export async function sendMessage({ socket, target, report }: Talk, bytes: Uint8Array) {
  await new Promise<void>((resolve, reject) => {
    socket.send(bytes, (error) => (error ? reject(error) : resolve()))
  })
  report.sent(target, bytes)
}
