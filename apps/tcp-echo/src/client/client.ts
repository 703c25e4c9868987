import { resolveTarget } from '@sockyard/net/address'
import {
  type Connected,
  type ConnectOptions,
  connectTo,
  type PathOptions,
} from '@sockyard/net/connect'
import { NetworkError, networkError, place } from '@sockyard/net/errors'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import { DEFAULT_PORT } from '../config.ts'

interface ClientOptions extends PathOptions {
  wait: number
  ipv4: boolean
  ipv6: boolean
}

/** Looks the name up and connects, for at most `--wait`. */
export async function connectToServer(
  { options, operands, signal }: CommandContext<ClientOptions>,
  onread?: ConnectOptions['onread'],
): Promise<Connected> {
  const target = { defaultPort: DEFAULT_PORT, family: ipFamily(options), signal }
  const addresses = await resolveTarget(operands[0] ?? '', target)
  const how = { timeoutMillis: options.wait, signal, path: options }
  return connectTo(addresses, { ...how, ...(onread && { onread }) })
}

/** Resolves when the connection is over, with the reason. */
export async function whenClosed({ socket, target }: Connected): Promise<NetworkError> {
  const { address: host, port } = target
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  if (socket.errored !== null) return networkError(socket.errored, host, port)
  const message = `${place(host, port)}the peer closed the connection`
  return new NetworkError(message, { errorClass: 'RESET', host, port })
}
