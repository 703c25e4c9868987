import { once } from 'node:events'

import { type ResolvedAddress, resolveTarget } from '@sockyard/net/address'
import type { PathOptions } from '@sockyard/net/connect'
import { type Engine, chooseEngine } from '@sockyard/net/engine'
import { ping as measure } from '@sockyard/probe/echo'
import { probeInterval } from '@sockyard/probe/pacing'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import { DEFAULT_PORT, type PingOptions } from '../config.ts'
import { UdpPingConnection } from './ping-connection.ts'
import { connectSocket, openNodePingSocket, type PingSocket } from './ping-socket.ts'

/** Measures round trips. @returns the exit code */
export function ping(context: CommandContext<PingOptions>): Promise<number> {
  const { now } = context
  const options = withRate(context.options)
  const { wait: waitMillis, window } = options
  const probesPerSecond = window === undefined ? 1_000 / probeInterval(options) : Infinity
  return measure(
    { ...context, options },
    {
      name: 'udp',
      defaultPort: DEFAULT_PORT,
      open: (probes) =>
        new UdpPingConnection({
          ...probes,
          waitMillis,
          probesPerSecond,
          now,
          open: () => open(context, probes.sizes.largest),
        }),
    },
  )
}

/** A bit rate is so many probes of the size a second. */
function withRate(options: PingOptions): PingOptions {
  const { bitrate, size } = options
  return bitrate === undefined ? options : { ...options, rate: bitrate / (8 * size) }
}

/** A socket to the first of the addresses that answers; to the first that has a route, when none does. */
async function open(
  { options, operands, signal }: CommandContext<PingOptions>,
  largestBytes: number,
): Promise<PingSocket> {
  const how = { defaultPort: DEFAULT_PORT, family: ipFamily(options), signal }
  const { engine } = chooseEngine(options.engine)
  const addresses = await resolveTarget(operands[0] ?? '', how)
  const answering = addresses.length > 1 ? await firstToAnswer(addresses, options, signal) : []
  let failure: unknown
  for (const target of [...answering, ...addresses]) {
    try {
      return await openSocket(engine, target, { path: options, largestBytes })
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

async function openSocket(
  engine: Engine,
  target: ResolvedAddress,
  { path, largestBytes }: { path: PathOptions; largestBytes: number },
): Promise<PingSocket> {
  if (engine === 'node') return openNodePingSocket(target, path)
  const { openNativePingSocket } = await import('./native-ping-socket.ts')
  return openNativePingSocket(target, largestBytes, path)
}

/** Tries one address after the other, by a datagram of the size of the probes. @returns it, or none */
async function firstToAnswer(
  addresses: readonly ResolvedAddress[],
  options: PingOptions,
  signal: AbortSignal,
): Promise<ResolvedAddress[]> {
  for (const target of addresses) {
    signal.throwIfAborted()
    try {
      await using socket = await connectSocket(target, options)
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(options.wait)])
      const answer = once(socket, 'message', { signal: deadline })
      socket.send(new Uint8Array(options.size))
      await answer
      return [target]
    } catch {
      // Refused, unreachable or silent: the next one.
    }
  }
  return []
}
