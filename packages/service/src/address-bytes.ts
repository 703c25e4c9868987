/**
 * The 4 bytes of an IPv4 or the 16 of an IPv6 address, in network order. A zone id is left out.
 *
 * @param address numeric, as net.isIP accepts it
 */
export function addressBytes(address: string): number[] {
  const plain = address.split('%', 1)[0] ?? ''
  if (!plain.includes(':')) return plain.split('.').map(Number)
  const [head = '', tail = ''] = plain.split('::')
  const before = groupBytes(head)
  const after = groupBytes(tail)
  const zeros = Array<number>(Math.max(0, 16 - before.length - after.length)).fill(0)
  return [...before, ...zeros, ...after]
}

/** `ff02:1` is ff 02 00 01; the last group may be dotted, as in `ffff:10.1.1.1`. */
function groupBytes(groups: string): number[] {
  if (groups === '') return []
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}
