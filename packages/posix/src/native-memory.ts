import { loadKoffi } from './libc.ts'

/**
 * Where `memory` is, for the pointers inside of a struct (an iovec's base, a message header's name). It stays
 * there as long as somebody holds `memory`: keep it in the object that holds the struct, so that memory has one
 * owner and no pointer outlives it. Never let the number itself out of this package.
 *
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function addressOf(memory: ArrayBufferView): bigint {
  return loadKoffi().address(memory)
}
