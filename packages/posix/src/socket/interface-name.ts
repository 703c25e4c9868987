import { integerFunction } from '../ffi/libc.ts'

const nameToIndex = integerFunction('uint32_t if_nametoindex(const char *)')
const indexToName = integerFunction('int64_t if_indextoname(uint32_t, uint8_t *)')
/** IF_NAMESIZE, the end of the string counted. */
const NAME_BYTES = 16

/**
 * The name of a network interface that has this name or this alternative name (ip-link(8), altname), by
 * if_nametoindex(3) and if_indextoname(3); undefined when there is none.
 *
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function interfaceName(wanted: string): string | undefined {
  const index = nameToIndex(wanted)
  const name = new Uint8Array(NAME_BYTES)
  if (index === 0 || indexToName(index, name) === 0) return undefined
  return Buffer.from(name.subarray(0, name.indexOf(0))).toString()
}
