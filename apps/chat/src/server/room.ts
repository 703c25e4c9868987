import { nicknameKeys, parseNickname } from '@sockyard/protocol/chat'

const ANIMALS = (
  'badger beaver bison camel cheetah cougar crane dingo dolphin eagle egret ermine falcon ferret finch ' +
  'gecko gibbon heron hippo ibex iguana jackal jaguar kestrel kiwi koala lemur leopard llama lynx magpie ' +
  'marmot marten meerkat mole moose narwhal newt ocelot osprey otter owl panda pelican penguin puffin ' +
  'quail rabbit raven robin salmon seal sparrow squirrel stork swift tapir tiger toucan turtle walrus ' +
  'weasel wombat wren zebra'
).split(' ')

/** The numbers of each animal at first; twice as many each time that no free name was found. */
const NUMBERS = 99

/**
 * A free name, such as `otter-7`.
 *
 * @param isFree whether no member has this name or one that looks like it
 * @param random 0 to 1, as Math.random
 */
function generateName(isFree: (name: string) => boolean, random: () => number): string {
  for (let numbers = NUMBERS; ; numbers *= 2) {
    const animal = ANIMALS[Math.floor(random() * ANIMALS.length)] ?? 'otter'
    const name = `${animal}-${1 + Math.floor(random() * numbers)}`
    if (isFree(name)) return name
  }
}

/** The outcome of /nick. */
export type Renamed =
  | { outcome: 'renamed'; from: string; to: string }
  /** It is the member's name already. */
  | { outcome: 'unchanged' }
  /** Another member has it, or one that looks like it. */
  | { outcome: 'taken' }
  /** It is no valid name, because of `reason`. */
  | { outcome: 'malformed'; reason: string }

/** The members and their names; no two names look alike (nicknameKeys). */
export class Room<Member> {
  readonly #names = new Map<Member, string>()
  readonly #owners = new Map<string, Member>()
  readonly #random: () => number

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  get size(): number {
    return this.#names.size
  }

  /** In the order of joining. */
  get names(): ReadonlyMap<Member, string> {
    return this.#names
  }

  nameOf(member: Member): string | undefined {
    return this.#names.get(member)
  }

  /** @returns the member whose name it is, or looks like it */
  find(name: string): Member | undefined {
    const [key = ''] = nicknameKeys(name)
    return this.#owners.get(key)
  }

  /** @returns the generated name of the new member */
  join(member: Member): string {
    const name = generateName((candidate) => this.#isFree(candidate, member), this.#random)
    this.#own(member, name)
    return name
  }

  /** What `rename` would do. */
  check(member: Member, wanted: string): Renamed {
    const from = this.#names.get(member)
    const parsed = parseNickname(wanted)
    if (!parsed.ok) return { outcome: 'malformed', reason: parsed.error.reason }
    const to = parsed.value
    if (from === undefined || from === to) return { outcome: 'unchanged' }
    if (!this.#isFree(to, member)) return { outcome: 'taken' }
    return { outcome: 'renamed', from, to }
  }

  rename(member: Member, wanted: string): Renamed {
    const renamed = this.check(member, wanted)
    if (renamed.outcome !== 'renamed') return renamed
    this.#release(renamed.from)
    this.#own(member, renamed.to)
    return renamed
  }

  /** @returns a name that no member has */
  generate(): string {
    return generateName((name) => this.find(name) === undefined, this.#random)
  }

  /** @returns the name that is free again, or undefined when it is no member */
  leave(member: Member): string | undefined {
    const name = this.#names.get(member)
    if (name === undefined) return undefined
    this.#names.delete(member)
    this.#release(name)
    return name
  }

  /** A member may write its own name in another way: Anna for anna. */
  #isFree(name: string, member: Member): boolean {
    return nicknameKeys(name)
      .values()
      .every((key) => (this.#owners.get(key) ?? member) === member)
  }

  #own(member: Member, name: string): void {
    this.#names.set(member, name)
    for (const key of nicknameKeys(name)) this.#owners.set(key, member)
  }

  #release(name: string): void {
    for (const key of nicknameKeys(name)) this.#owners.delete(key)
  }
}
