import { isIPv6 } from 'node:net'

import { UsageError } from '@sockyard/cli/errors'
import { findInterface } from '@sockyard/net/address'
import { type GroupInterface, presentInterfaces } from '@sockyard/net/multicast'
import type { Logger } from '@sockyard/service/log'

/** How often the interface is looked at: as often as receivers look at their memberships. */
const WATCH_MILLIS = 2_000

/** The interface as it is now: its number, and the address that node:dgram sets it by. */
export type OutgoingPlace = Pick<GroupInterface, 'index' | 'joinAddress'>

/** The interface by which datagrams to one group leave. */
export interface OutgoingInterface {
  /**
   * Sends by it from now on, and still when it went away and came back, which makes it another one.
   *
   * @param set applies it to the socket; called again when it is another one
   */
  use(set: (place: OutgoingPlace) => void): Promise<void>
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
  /** The index and the address of the interface that was set on the socket. */
  let logged: string | undefined
  let timer: NodeJS.Timeout | undefined

  const apply = async (set: (place: OutgoingPlace) => void): Promise<void> => {
    const present = (await presentInterfaces(group)).find((each) => each.name === name)
    const place = present && {
      index: present.index,
      joinAddress:
        family === 'IPv4' && present.ipv4.includes(wanted) ? wanted : present.joinAddress,
    }
    const now = place === undefined ? AWAY : `${place.index} ${place.joinAddress}`
    if (now === logged) return
    if (place !== undefined) set(place)
    if (place === undefined) log.warn({ group, interface: name }, 'outgoing interface lost')
    else if (logged !== undefined)
      log.info({ group, interface: name }, 'outgoing interface available again')
    logged = now
  }

  return {
    async use(set) {
      await apply(set)
      // What was lost again while it was applied is applied at the next poll.
      timer = setInterval(() => void apply(set).catch(() => undefined), WATCH_MILLIS)
    },
    stop: () => clearInterval(timer),
  }
}
