import { ping as measure } from '@sockyard/probe/echo'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { DEFAULT_PORT, type PingOptions } from '../config.ts'
import { connectToServer } from './client.ts'
import { TcpPingConnection } from './ping-connection.ts'

/** Measures round trips. @returns the exit code */
export function ping(context: CommandContext<PingOptions>): Promise<number> {
  const { options, now } = context
  const { size, wait: waitMillis } = options
  return measure(context, {
    name: 'tcp',
    defaultPort: DEFAULT_PORT,
    open: (probes) =>
      new TcpPingConnection({
        ...probes,
        size,
        waitMillis,
        now,
        connect: () => connectToServer(context),
      }),
  })
}
