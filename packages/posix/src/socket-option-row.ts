import type { SocketOptionType } from './socket-option-values.ts'

/**
 * One option: its name, its number on Linux (x64 and arm64 agree), the type of its value, whether it can be read
 * (`r`), set (`w`) or both, and what it means.
 */
export type SocketOptionRow = readonly [
  name: string,
  number: number,
  type: SocketOptionType,
  access: 'r' | 'w' | 'rw',
  meaning: string,
]
