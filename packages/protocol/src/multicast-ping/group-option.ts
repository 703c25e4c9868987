/** Address family numbers (IANA). */
const FAMILIES = { 4: 1, 6: 2 } as const

/**
 * How a group stands in an option: `group` is the family in 16 bits and the address (RFC 6450, section 3.1), `version 1`
 * has 8 bits of family, `prefix` the length of the prefix between them.
 */
type GroupForm = 'group' | 'version 1' | 'prefix'

/** @param group numeric, IPv4 or IPv6 without a zone */
export function encodeGroup(group: string, form: GroupForm): Uint8Array {
  const address = group.includes(':') ? ipv6Bytes(group) : Uint8Array.from(group.split('.'), Number)
  const family = FAMILIES[address.length === 4 ? 4 : 6]
  const before = form === 'version 1' ? [family] : [0, family]
  return Uint8Array.from([
    ...before,
    ...(form === 'prefix' ? [address.length * 8] : []),
    ...address,
  ])
}

/** @returns undefined when it is none, or a prefix of fewer bits than an address has */
export function decodeGroup(value: Uint8Array, form?: 'prefix'): string | undefined {
  const familyBytes = form === undefined && (value.length === 5 || value.length === 17) ? 1 : 2
  const start = familyBytes + (form === undefined ? 0 : 1)
  const family = familyBytes === 1 ? value[0] : (value[0] ?? 0) * 256 + (value[1] ?? 0)
  const address = value.subarray(start)
  if (form !== undefined && value[familyBytes] !== address.length * 8) return undefined
  if (family === FAMILIES[4] && address.length === 4) return address.join('.')
  return family === FAMILIES[6] && address.length === 16 ? ipv6Text(address) : undefined
}

function words(text: string): number[] {
  return text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16))
}

function ipv6Bytes(address: string): Uint8Array {
  const [head = '', tail] = address.split('::')
  const [first, last] = [words(head), tail === undefined ? [] : words(tail)]
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]))
}

/** In the form of RFC 5952, as the URL parser writes it. */
function ipv6Text(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const groups = Array.from({ length: 8 }, (_, word) => view.getUint16(word * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}
