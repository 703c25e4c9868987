import { resolveTarget } from '@sockyard/net/address'
import { ping as measure } from '@sockyard/probe/echo'
import type { Message } from '@sockyard/sctp'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import { DEFAULT_PORT, type PingOptions } from '../config.ts'
import { endpointParameters } from '../protocol-options.ts'
import { associateWith, type ClientAssociation } from './client-association.ts'
import { SctpPingConnection } from './ping-connection.ts'

/** Measures round trips. @returns the exit code */
export function ping(context: CommandContext<PingOptions>): Promise<number> {
  const { options, now } = context
  const { wait: waitMillis } = options
  return measure(context, {
    name: 'sctp',
    defaultPort: DEFAULT_PORT,
    open: (probes) =>
      new SctpPingConnection({
        ...probes,
        waitMillis,
        now,
        associate: (onMessage) => associate(context, onMessage),
      }),
  })
}

/** Looks the name up and sets the association up; at most `--wait` for each of its addresses. */
async function associate(
  { options, operands, signal }: CommandContext<PingOptions>,
  onMessage: (message: Message) => void,
): Promise<ClientAssociation> {
  const how = { defaultPort: DEFAULT_PORT, family: ipFamily(options), signal }
  return associateWith(await resolveTarget(operands[0] ?? '', how), {
    udpPort: options.udpPort,
    streams: options.streams,
    waitMillis: options.wait,
    parameters: endpointParameters(options),
    path: options,
    signal,
    onMessage,
  })
}
