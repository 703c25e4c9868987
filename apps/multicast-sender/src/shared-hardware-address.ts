/**
 * Whether frames to this IPv4 group have the hardware address of one of 224.0.0.0/24: only the lower 23 bits of a
 * group are in it (RFC 1112, section 6.4), and switches send those everywhere.
 */
export function sharesHardwareAddress(group: string): boolean {
  return /^\d+\.(?:0|128)\.0\.\d+$/.test(group) && !group.startsWith('224.0.0.')
}
