import type { GroupReception } from './group-reception.ts'
import type { GroupMembership } from './membership.ts'

/** A membership, who receives by it, and the interface's index when it was joined. */
export interface JoinedGroup extends GroupMembership {
  readonly index: number
  readonly reception: GroupReception
}

/** What is joined now: at most one socket for each group and interface. */
export class JoinedGroups {
  readonly #joined = new Map<string, JoinedGroup>()

  get all(): JoinedGroup[] {
    return [...this.#joined.values()]
  }

  get memberships(): GroupMembership[] {
    return this.all.map(({ group, interface: name }) => ({ group, interface: name }))
  }

  has(membership: GroupMembership): boolean {
    return this.#joined.has(membershipKey(membership))
  }

  of(group: string): JoinedGroup[] {
    return this.all.filter((each) => each.group === group)
  }

  add(joined: JoinedGroup): void {
    this.#joined.set(membershipKey(joined), joined)
  }

  close(joined: JoinedGroup): void {
    this.#joined.delete(membershipKey(joined))
    void joined.reception.close()
  }

  async closeAll(): Promise<void> {
    const all = this.all
    this.#joined.clear()
    await Promise.all(all.map(({ reception }) => reception.close()))
  }
}

export function membershipKey({ group, interface: name }: GroupMembership): string {
  return `${group}%${name}`
}
