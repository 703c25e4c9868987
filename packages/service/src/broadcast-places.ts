import { networkInterfaces } from 'node:os'

import { broadcastAddresses } from './broadcast-addresses.ts'
import {
  chooseInterfaces,
  type GroupInterface,
  type InterfaceChoice,
  presentInterfaces,
} from './group-interfaces.ts'

/** A broadcast address on one interface. */
export interface BroadcastPlace {
  readonly address: string
  readonly on: GroupInterface
}

/** To every host of the link (RFC 919). */
const LIMITED_BROADCAST = '255.255.255.255'

/** Where broadcasts can come in now: the limited one and those of the subnets, by a key of their own. */
export async function broadcastPlaces(
  choice: InterfaceChoice,
): Promise<Map<string, BroadcastPlace>> {
  const present = await presentInterfaces(LIMITED_BROADCAST)
  const chosen = await chooseInterfaces(LIMITED_BROADCAST, choice, present)
  const places = chosen.flatMap((on) => {
    const directed = broadcastAddresses({ [on.name]: networkInterfaces()[on.name] ?? [] })
    return [LIMITED_BROADCAST, ...directed].map((address) => ({ address, on }))
  })
  return new Map(places.map((place) => [keyOf(place), place]))
}

/** An interface that was replaced by one of the same name has another index. */
function keyOf({ address, on }: BroadcastPlace): string {
  return `${address}%${on.name}#${on.index}`
}
