import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { type Connected, type ConnectOptions, connectTo } from '@sockyard/service/connect'
import { parseTarget, resolveTarget } from '@sockyard/service/resolve'

import { DEFAULT_PORT, type PingOptions } from './config.ts'

/** Looks the name up and connects; at most `--wait` for each of its addresses. */
export async function connectToServer(
  context: CommandContext<PingOptions>,
  onread?: ConnectOptions['onread'],
): Promise<Connected> {
  const { options, operands, signal } = context
  const target = { defaultPort: DEFAULT_PORT, family: ipFamily(options), signal }
  const addresses = await resolveTarget(operands[0] ?? '', target)
  return connectTo(addresses, { timeoutMillis: options.wait, signal, ...(onread && { onread }) })
}

/**
 * Makes all connections, or none.
 *
 * @param connect makes the one with this index, from 0
 */
export async function connectAll<Connection extends Connected>(
  count: number,
  connect: (index: number) => Promise<Connection>,
): Promise<[Connection, ...Connection[]]> {
  const attempts = Array.from({ length: count }, (_, index) => connect(index))
  const results = await Promise.allSettled(attempts)
  const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  const [first, ...others] = made
  if (failed === undefined && first !== undefined) return [first, ...others]
  for (const { socket } of made) socket.destroy()
  throw failed?.reason
}

/** What `start` says of the server: what was asked for, and what was found. */
export function serverOf(operand: string | undefined, { target }: Connected) {
  const { host } = parseTarget(operand ?? '', DEFAULT_PORT)
  return { host, address: target.address, port: target.port }
}
