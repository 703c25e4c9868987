import { networkInterfaces } from 'node:os'

/** The number of the interface of `fe80::1%eth0`; 0 without a zone. */
export function zoneIndex(host: string): number {
  const [, zone] = host.split('%')
  if (zone === undefined) return 0
  if (/^\d+$/.test(zone)) return Number(zone)
  const addresses = networkInterfaces()[zone] ?? []
  return addresses.find(({ family }) => family === 'IPv6')?.scopeid ?? 0
}
