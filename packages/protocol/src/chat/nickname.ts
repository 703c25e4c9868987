import { malformed, parsed, type Parsed } from '../parsed.ts'
import { skeleton } from './skeleton.ts'

const MAXIMUM_CHARACTERS = 24

/** Letters and digits of any script that can be seen, each with at most three marks on it, and `_ - . '`. */
const NICKNAME =
  /^(?:[[\p{L}\p{N}_]--\p{Default_Ignorable_Code_Point}][\p{M}--\p{Default_Ignorable_Code_Point}]{0,3}|(?<=.)[\-.'])+$/v

/**
 * Checks a requested nickname.
 *
 * @returns the name in Unicode normal form C: 1 to 24 characters, none of them a space, a control or invisible
 */
export function parseNickname(text: string): Parsed<string> {
  const name = text.normalize('NFC')
  if (name === '') return malformed('chat', 'nickname', 'must not be empty')
  if (Array.from(name).length > MAXIMUM_CHARACTERS) {
    return malformed('chat', 'nickname', `must have at most ${MAXIMUM_CHARACTERS} characters`)
  }
  return NICKNAME.test(name)
    ? parsed(name)
    : malformed(
        'chat',
        'nickname',
        "must be letters, digits and _ - . ' (beginning with neither - . nor ')",
      )
}

const ACCENTS = /[\u0300-\u036F]/gu
const BEYOND_ASCII = /[^\0-\x7F]/

/**
 * The keys of a name: two names that share one are too alike to be told apart, and the chat takes the second for taken.
 * Accents and case are ignored, and which of the characters that look alike was used (UTS #39). A letter may look like
 * another in one case only (Greek ΑΝΝΑ and αννα), so each case has its key.
 *
 * @param name as parseNickname gives it
 */
export function nicknameKeys(name: string): Set<string> {
  return new Set([name, name.toLowerCase(), name.toUpperCase()].map(key))
}

function key(name: string): string {
  const shown = skeleton(withoutAccents(name)).toUpperCase().toLowerCase()
  // Nothing else is left of a sound mark that stands alone.
  return withoutAccents(shown) || name
}

function withoutAccents(text: string): string {
  return BEYOND_ASCII.test(text) ? text.normalize('NFKD').replaceAll(ACCENTS, '') : text
}
