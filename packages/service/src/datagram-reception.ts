import type { GroupInterface } from './group-interfaces.ts'
import type { GroupReception } from './group-reception.ts'
import { leaveGroup, type MulticastGroup, openGroupSocket } from './group-socket.ts'
import { type Reception, receiveOn } from './receive-on.ts'

/**
 * Joins a group by node:dgram.
 *
 * @throws {SystemCallError} or Node's own error, when it cannot be bound or joined
 */
export async function openDatagramReception(
  group: MulticastGroup,
  on: GroupInterface,
  port: number,
  reception: Reception,
): Promise<GroupReception> {
  const socket = await openGroupSocket(group, port, on, reception.options.log)
  receiveOn(socket, { group: group.address, interface: on.name }, reception)
  return {
    target: socket,
    leave: () => leaveGroup(socket, group, on.joinAddress),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}
