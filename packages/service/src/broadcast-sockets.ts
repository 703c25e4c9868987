import type { Socket } from 'node:dgram'

import type { BroadcastPlace } from './broadcast-places.ts'
import { openInterfaceSocket } from './group-socket.ts'
import type { GroupMembership } from './membership.ts'
import { type Reception, receiveOn } from './receive-on.ts'

/** The sockets that receive broadcasts, one for each place. */
export class BroadcastSockets {
  readonly #port: number
  readonly #reception: Reception
  readonly #open = new Map<string, GroupMembership & { readonly socket: Socket }>()

  constructor(port: number, reception: Reception) {
    this.#port = port
    this.#reception = reception
  }

  get places(): GroupMembership[] {
    return [...this.#open.values()].map(({ group, interface: name }) => ({
      group,
      interface: name,
    }))
  }

  has(key: string): boolean {
    return this.#open.has(key)
  }

  /** @throws {SystemCallError} or Node's own error, when it cannot be bound */
  async open(key: string, { address, on }: BroadcastPlace): Promise<void> {
    const { log } = this.#reception.options
    const socket = await openInterfaceSocket(address, this.#port, on, log)
    const place = { group: address, interface: on.name }
    receiveOn(socket, place, this.#reception)
    this.#open.set(key, { ...place, socket })
    log.info({ transport: 'udp', address, port: this.#port, interface: on.name }, 'listening')
  }

  /** Closes those that are not among these. */
  closeExcept(wanted: ReadonlyMap<string, BroadcastPlace>): void {
    for (const [key, { socket }] of this.#open) {
      if (wanted.has(key)) continue
      this.#open.delete(key)
      socket.close()
    }
  }

  closeAll(): void {
    this.closeExcept(new Map())
  }
}
