import type { InterfaceChoice } from './group-interfaces.ts'
import { findInterface } from './interfaces.ts'

/**
 * What the words of `--interface` choose: `any` or `all` by itself, or interfaces by name or address.
 *
 * @param preset what no words at all mean
 * @throws {UsageError} when there is no such interface, naming those that exist
 */
export function interfaceChoice(words: readonly string[], preset: 'any' | 'all'): InterfaceChoice {
  const [word = preset] = words
  if (words.length < 2 && (word === 'any' || word === 'all')) return word
  return [...new Set(words.map((wanted) => findInterface(wanted).name))]
}
