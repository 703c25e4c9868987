import type { Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'

import { UsageError } from '@sockyard/service/errors'
import { presentInterfaces } from '@sockyard/service/group-interfaces'
import { findInterface } from '@sockyard/service/interfaces'
import type { Logger } from '@sockyard/service/log'

/** How often the interface is looked at: as often as receivers look at their memberships. */
const WATCH_MILLIS = 2_000

/** The interface by which datagrams to one group leave. */
export interface OutgoingInterface {
  /** Sends by it from now on, and still when it went away and came back, which makes it another one. */
  use(socket: Socket): Promise<void>
  stop(): void
}

const AWAY = 'away'

/**
 * @param wanted its name, or one of its addresses, which is then the source address
 * @throws {UsageError} when there is none, or it has no address of the group's family
 */
export function outgoingInterface(wanted: string, group: string, log: Logger): OutgoingInterface {
  const { name, ipv4, ipv6 } = findInterface(wanted)
  const family = isIPv6(group) ? 'IPv6' : 'IPv4'
  if ((family === 'IPv6' ? ipv6 : ipv4).length === 0)
    throw new UsageError('--interface', wanted, `has no ${family} address to send to ${group} from`)
  /** The number and the address of the interface that the socket was told. */
  let told: string | undefined
  let timer: NodeJS.Timeout | undefined

  const tell = async (socket: Socket): Promise<void> => {
    const present = (await presentInterfaces(group)).find((each) => each.name === name)
    const address = present?.ipv4.includes(wanted) ? wanted : present?.joinAddress
    const now = present === undefined ? AWAY : `${present.index} ${address}`
    if (now === told) return
    if (address !== undefined) socket.setMulticastInterface(address)
    if (address === undefined)
      log.warn({ group, interface: name }, 'the outgoing interface is gone')
    else if (told !== undefined)
      log.info({ group, interface: name }, 'the outgoing interface is back')
    told = now
  }

  return {
    async use(socket) {
      await tell(socket)
      // What has gone again while it was told is told at the next look.
      timer = setInterval(() => void tell(socket).catch(() => undefined), WATCH_MILLIS)
    },
    stop: () => clearInterval(timer),
  }
}
