import { CONFUSABLES } from './confusables.ts'

/**
 * Latin small capitals, as prototypes of CONFUSABLES, and the letters whose shape they have: UTS #39 tells them apart
 * by their height, a reader of names does not. The other small capitals are in CONFUSABLES.
 */
const SMALL_CAPITALS = ['ᴀʙᴅᴇꜰɢʜɪᴊᴋĸʟʍɴᴘꞯʀᴛʏ', 'abdefghijkklmnpqrty'] as const

/** Read when a name first needs it. */
let prototypes: ReadonlyMap<string, string> | undefined

/**
 * What a text looks like (UTS #39, section 4, "skeleton"): two that have one skeleton cannot be told apart in most
 * fonts. Small capitals are taken for the letters that they show.
 *
 * @param text in normal form KD; the skeleton need not be
 */
export function skeleton(text: string): string {
  prototypes ??= readPrototypes()
  let shown = ''
  for (const character of text) shown += prototypes.get(character) ?? character
  return shown
}

function readPrototypes(): Map<string, string> {
  const capitals = new Map(smallCapitals())
  const map = new Map(capitals)
  for (const group of CONFUSABLES.split('\n')) {
    const [prototype = '', characters = ''] = group.split(' ')
    for (const character of characters) map.set(character, capitals.get(prototype) ?? prototype)
  }
  return map
}

function smallCapitals(): [string, string][] {
  const [characters, letters] = SMALL_CAPITALS
  return Array.from(characters, (character, index) => [character, letters.charAt(index)])
}
