import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

import { NetworkError, networkError } from '@sockyard/service/errors'

import { openConnectionListener } from './connection-listener.ts'
import { openDatagramListener } from './datagram-listener.ts'
import type { Definition } from './definition.ts'
import { isForeign } from './entry.ts'
import { openHandedOverListener } from './handed-over-listener.ts'
import { holderOf, type SocketHolder } from './identity.ts'
import { type Listener, Service } from './service.ts'
import type { Surroundings } from './surroundings.ts'

type Open = (service: Service, address: string, surroundings: Surroundings) => Promise<Listener>

const OPEN: Readonly<Record<SocketHolder, Open>> = {
  connections: openConnectionListener,
  datagrams: openDatagramListener,
  'handed-over': openHandedOverListener,
}

/**
 * Opens a service at each of its addresses, or at none.
 *
 * @throws {NetworkError} why one cannot be had
 */
export async function openService(
  definition: Definition,
  surroundings: Surroundings,
): Promise<Service> {
  const service = new Service(definition, surroundings.options)
  try {
    for (const address of await everyAddress(definition.entry, surroundings.options.host))
      service.listeners.push(await OPEN[holderOf(definition)](service, address, surroundings))
    return service
  } catch (error) {
    for (const listener of service.listeners) await listener.stop(AbortSignal.abort(), true)
    throw error
  }
}

/** A name of this host may have several addresses. */
async function everyAddress(
  { addresses, family }: Definition['entry'],
  usual: string,
): Promise<string[]> {
  const found = await Promise.all(
    (addresses.length === 0 ? [usual] : addresses).map(async (name) => {
      if (name !== '::' && isForeign(name, family))
        throw new NetworkError(`${name} is no IPv${family} address`, { errorClass: 'OTHER' })
      if (isIP(name) !== 0) return [name]
      const all = await lookup(name, { all: true, family: family ?? 0 }).catch((error: unknown) => {
        throw networkError(error, name)
      })
      return all.map(({ address }) => address)
    }),
  )
  return [...new Set(found.flat())]
}
