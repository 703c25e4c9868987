import { readFileSync } from 'node:fs'

import { UsageError } from '@sockyard/cli/errors'

const SMALLEST_KEY_BYTES = 16

/** @throws {UsageError} when the file cannot be read, or holds fewer than 16 B */
export function readKey(file: string): Uint8Array {
  const key = contentsOf(file)
  if (key.length < SMALLEST_KEY_BYTES)
    throw new UsageError('--key-file', file, `has ${key.length} B, a key has 16 or more`)
  return key
}

function contentsOf(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new UsageError('--key-file', file, `cannot be read: ${(error as Error).message}`)
  }
}
