import { nicknameKey, parseNickname } from '@sockyard/protocol/chat'

import { generateName } from './generated-name.ts'

/** The outcome of asking for a name. */
export type Renamed =
  | { outcome: 'renamed'; from: string; to: string }
  /** It is the name one has already. */
  | { outcome: 'unchanged' }
  /** Somebody has it, or one that looks like it. */
  | { outcome: 'taken' }
  /** It is no name, because of `reason`. */
  | { outcome: 'malformed'; reason: string }

/** Who is here, and under which name; no two names are alike (nicknameKey). */
export class Room<Member> {
  readonly #names = new Map<Member, string>()
  readonly #keys = new Set<string>()
  readonly #random: () => number

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  get size(): number {
    return this.#names.size
  }

  /** In the order of arrival. */
  get names(): ReadonlyMap<Member, string> {
    return this.#names
  }

  nameOf(member: Member): string | undefined {
    return this.#names.get(member)
  }

  /** @returns the name the newcomer is given */
  enter(member: Member): string {
    const name = generateName((candidate) => !this.#keys.has(nicknameKey(candidate)), this.#random)
    this.#names.set(member, name)
    this.#keys.add(nicknameKey(name))
    return name
  }

  rename(member: Member, wanted: string): Renamed {
    const from = this.#names.get(member)
    const parsed = parseNickname(wanted)
    if (!parsed.ok) return { outcome: 'malformed', reason: parsed.error.reason }
    const to = parsed.value
    if (from === undefined || from === to) return { outcome: 'unchanged' }
    // One may write one's own name in another way: Anna for anna.
    const [oldKey, newKey] = [nicknameKey(from), nicknameKey(to)]
    if (oldKey !== newKey && this.#keys.has(newKey)) return { outcome: 'taken' }
    this.#keys.delete(oldKey)
    this.#keys.add(newKey)
    this.#names.set(member, to)
    return { outcome: 'renamed', from, to }
  }

  /** @returns the name that is free again, or undefined for somebody who is not here */
  leave(member: Member): string | undefined {
    const name = this.#names.get(member)
    if (name === undefined) return undefined
    this.#names.delete(member)
    this.#keys.delete(nicknameKey(name))
    return name
  }
}
