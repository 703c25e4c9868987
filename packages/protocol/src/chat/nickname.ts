import { malformed, parsed, type Parsed } from '../parsed.ts'

const MAXIMUM_CHARACTERS = 24

/** Letters and digits of any script that can be seen, each with at most three marks on it, and `_ - . '`. */
const NICKNAME = /^(?:[[\p{L}\p{N}_]--\p{Default_Ignorable_Code_Point}]\p{M}{0,3}|(?<=.)[\-.'])+$/v

/**
 * Checks a name somebody wants to have in the chat.
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

/** Characters that look like a Latin letter or digit in most fonts (Unicode UTS 39, the common ones). */
const LOOKS_LIKE: ReadonlyMap<string, string> = new Map([
  ...lookAlikes('асԁеһіјӏкмпорԛѕтуԝхвнг', 'acdehijikmnopqstywxbhr'),
  ...lookAlikes('αβγεηικνορτυχω', 'abyenikvoptuxw'),
  ...lookAlikes('ıɩl10', 'iiiio'),
])

/**
 * Two names with the same key are too alike to be told apart: the chat takes the second for taken. Ignores
 * case, accents, compatibility forms, and which of the look-alikes of a letter was used.
 */
export function nicknameKey(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .replaceAll(/[\u0300-\u036F]/gu, '')
  return Array.from(plain, (character) => LOOKS_LIKE.get(character) ?? character).join('')
}

function lookAlikes(characters: string, latin: string): [string, string][] {
  return Array.from(characters, (character, index) => [character, latin.charAt(index)])
}
