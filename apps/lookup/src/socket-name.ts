import type { AddressInfo } from 'node:net'

import type { LookupAnswer } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { connectTo } from '@sockyard/service/connect'
import { resolveTarget } from '@sockyard/service/resolve'

import type { SocketNameOptions } from './config.ts'
import { connectUdp } from './option-sockets.ts'
import { runLookup } from './run-lookup.ts'

/** Both ends of a connection: getsockname(2), getpeername(2). */
export function socketName(context: CommandContext<SocketNameOptions>): Promise<number> {
  const { operands, options, signal } = context
  const [text = ''] = operands
  const family = ipFamily(options)
  return runLookup(context, { command: 'sockname', sources: [] }, async (tell) => {
    const targets = await resolveTarget(text, { defaultPort: 0, family, signal })
    if (options.udp) tell(await udpName(targets[0]))
    else tell(await tcpName(targets, { timeoutMillis: options.wait, signal }))
    return null
  })
}

async function tcpName(...connect: Parameters<typeof connectTo>): Promise<LookupAnswer> {
  const { socket } = await connectTo(...connect)
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket
  socket.destroy()
  return {
    kind: 'socket-name',
    transport: 'tcp',
    local: { address: localAddress, port: localPort },
    remote: { address: remoteAddress, port: remotePort },
  }
}

async function udpName(to: { address: string; port: number }): Promise<LookupAnswer> {
  const socket = await connectUdp(to.address, to.port)
  const ends = [socket.address(), socket.remoteAddress()].map(placeOf)
  socket.close()
  const [local = placeless, remote = placeless] = ends
  return { kind: 'socket-name', transport: 'udp', local, remote }
}

const placeless = { address: '', port: 0 }

function placeOf({ address, port }: AddressInfo): { address: string; port: number } {
  return { address, port }
}
