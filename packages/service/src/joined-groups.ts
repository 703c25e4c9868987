import type { Socket } from 'node:dgram'

import type { GroupMembership } from './membership.ts'

/** A membership, the socket that has it, and the interface's index when it was joined. */
export interface JoinedGroup extends GroupMembership {
  readonly index: number
  readonly socket: Socket
}

/** What is joined now: at most one socket for each group and interface. */
export class JoinedGroups {
  readonly #joined = new Map<string, JoinedGroup>()

  get memberships(): GroupMembership[] {
    return [...this.#joined.values()].map(({ group, interface: name }) => ({
      group,
      interface: name,
    }))
  }

  has(membership: GroupMembership): boolean {
    return this.#joined.has(membershipKey(membership))
  }

  of(group: string): JoinedGroup[] {
    return [...this.#joined.values()].filter((each) => each.group === group)
  }

  add(joined: JoinedGroup): void {
    this.#joined.set(membershipKey(joined), joined)
  }

  close(joined: JoinedGroup): void {
    this.#joined.delete(membershipKey(joined))
    joined.socket.close()
  }

  async closeAll(): Promise<void> {
    const sockets = [...this.#joined.values()].map(({ socket }) => socket)
    this.#joined.clear()
    await Promise.all(
      sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
    )
  }
}

export function membershipKey({ group, interface: name }: GroupMembership): string {
  return `${group}%${name}`
}
