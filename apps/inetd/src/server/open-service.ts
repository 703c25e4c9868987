import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

import { isIPv6Missing } from '@sockyard/net/address'
import { NetworkError, networkError } from '@sockyard/net/errors'

import { type Definition, holderOf, type SocketHolder } from '../configuration/definition.ts'
import { isForeign } from '../configuration/entry.ts'
import { openConnectionListener } from './connection-listener.ts'
import { openDatagramListener } from './datagram-listener.ts'
import { type InetdContext, type Listener, type Place, Service } from './service.ts'
import { openWaitListener } from './wait-listener.ts'

type Open = (service: Service, place: Place, context: InetdContext) => Promise<Listener>

const OPEN: Readonly<Record<SocketHolder, Open>> = {
  connections: openConnectionListener,
  datagrams: openDatagramListener,
  wait: openWaitListener,
}

/** How many free ports are tried: one may be free at the first address and taken at another. */
const PORTS = 10
const EVERY_ADDRESS = '::'

/**
 * Opens a service at each of its addresses, at the same port, or at none.
 *
 * @throws {NetworkError} why one cannot be had
 */
export async function openService(definition: Definition, context: InetdContext): Promise<Service> {
  const places = await everyPlace(definition, context.options.host)
  for (let attempt = 1; ; attempt += 1) {
    const service = new Service(definition, context.options)
    try {
      await openAll(service, places, context)
      return service
    } catch (error) {
      for (const listener of service.listeners) await listener.stop(AbortSignal.abort(), true)
      const isTaken = error instanceof NetworkError && error.code === 'EADDRINUSE'
      if (!isTaken || definition.port !== 0 || attempt === PORTS) throw error
    }
  }
}

async function openAll(
  service: Service,
  places: readonly Place[],
  context: InetdContext,
): Promise<void> {
  const open = OPEN[holderOf(service.definition)]
  const hasIPv4 = places.some(({ family }) => family === 4)
  for (const place of places) {
    const port = service.listeners[0]?.port ?? place.port
    try {
      service.listeners.push(await open(service, { ...place, port }, context))
    } catch (error) {
      const isSpare = place.address === EVERY_ADDRESS && hasIPv4
      if (!isSpare || !(error instanceof NetworkError) || !isIPv6Missing(error)) throw error
    }
  }
}

/**
 * Every address is a socket for each family: a program that knows IPv4 alone (in.talkd, ident2) cannot use one of IPv6
 * that takes both.
 */
async function everyPlace({ entry, port }: Definition, usual: string): Promise<Place[]> {
  const { family, isDualStack } = entry
  const addresses = await everyAddress(entry, usual)
  return addresses.flatMap((address): Place[] => {
    if (address !== EVERY_ADDRESS || family !== undefined || isDualStack)
      return [{ address, port, family }]
    return [
      { address, port, family: 6 },
      { address: '0.0.0.0', port, family: 4 },
    ]
  })
}

/** A name of this host may have several addresses. */
async function everyAddress(
  { addresses, family }: Definition['entry'],
  usual: string,
): Promise<string[]> {
  const found = await Promise.all(
    (addresses.length === 0 ? [usual] : addresses).map(async (name) => {
      if (name !== EVERY_ADDRESS && isForeign(name, family))
        throw new NetworkError(`${name} is not an IPv${family} address`, { errorClass: 'OTHER' })
      if (isIP(name) !== 0) return [name]
      const all = await lookup(name, { all: true, family: family ?? 0 }).catch((error: unknown) => {
        throw networkError(error, name)
      })
      return all.map(({ address }) => address)
    }),
  )
  return [...new Set(found.flat())]
}
