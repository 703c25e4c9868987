import type { Connection } from './connection.ts'
import { AssociationClosedError } from './core/errors.ts'
import { Endpoint } from './endpoint.ts'
import type { EndpointOptions, Peer } from './endpoint.ts'
import { routeConnections } from './socket/route-connections.ts'
import { sourceAddress } from './socket/source-address.ts'

/** Whom to connect to, and how our own side is bound: to any free ports unless told. */
export interface ConnectOptions extends Peer {
  local?: Partial<EndpointOptions>
}

const FIRST_DYNAMIC_PORT = 49_152
const DYNAMIC_PORTS = 16_384

/**
 * Sets up a connection on an endpoint of its own (as `connect` on a SOCK_STREAM socket, RFC 6458).
 * @throws {AssociationError} when the peer does not answer or refuses
 * @throws {Error} of node:dgram, with `code`, when our own port cannot be bound, or there is no route
 * @throws the signal's reason when it is aborted
 */
export async function connect({ local = {}, ...peer }: ConnectOptions): Promise<Connection> {
  const host = local.host ?? (await sourceAddress(peer.host))
  // The UDP port already tells endpoints apart: the SCTP port only has to be a dynamic one.
  const port = local.port ?? FIRST_DYNAMIC_PORT + Math.floor(Math.random() * DYNAMIC_PORTS)
  const endpoint = await Endpoint.open({ udpPort: 0, ...local, host, port })
  try {
    let established: Connection | undefined
    const keep = (connection: Connection) => {
      established = connection
    }
    routeConnections(endpoint, keep, () => endpoint.close())
    const association = await endpoint.associate(peer)
    if (established) return established
    throw new AssociationClosedError(association)
  } catch (error) {
    await endpoint.close()
    throw error
  }
}
