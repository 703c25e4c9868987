import { readdirSync } from 'node:fs'

import { read } from './kernel-counters.ts'

/** A Linux bridge that an interface is or belongs to, where this host has it. */
export interface BridgeFacts {
  name: string
  isSnooping: boolean
  isQuerier: boolean
}

const IFF_UP = 0x1
const IFF_MULTICAST = 0x1000

/** Of netdevice(7). */
export function interfaceFlags(name: string): { isUp: boolean; isMulticast: boolean } {
  const flags = Number(read(`/sys/class/net/${name}/flags`) || IFF_UP | IFF_MULTICAST)
  return { isUp: (flags & IFF_UP) !== 0, isMulticast: (flags & IFF_MULTICAST) !== 0 }
}

/** The kernel uses the larger of the two (ip-sysctl). */
export function reversePathFilter(name: string): number {
  const files = ['all', name].map((each) => `/proc/sys/net/ipv4/conf/${each}/rp_filter`)
  return Math.max(...files.map((file) => Number(read(file))))
}

/** The bridge itself, or the one that has the interface as a port. */
export function bridgeOf(name: string): BridgeFacts | null {
  const master = entries(`/sys/class/net/${name}/brport/bridge/bridge`)
  const own = entries(`/sys/class/net/${name}/bridge`)
  const folder =
    own.length > 0 ? `/sys/class/net/${name}/bridge` : `/sys/class/net/${name}/brport/bridge/bridge`
  if (own.length === 0 && master.length === 0) return null
  const flag = (file: string): boolean => read(`${folder}/${file}`).trim() === '1'
  return {
    name: own.length > 0 ? name : bridgeName(name),
    isSnooping: flag('multicast_snooping'),
    isQuerier: flag('multicast_querier'),
  }
}

function bridgeName(port: string): string {
  const line = /^INTERFACE=(\S+)$/m.exec(read(`/sys/class/net/${port}/brport/bridge/uevent`))
  return line?.[1] ?? 'the bridge'
}

/** The names in a folder; none where there is no such folder. */
export function entries(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** By the interface, then by who made the machine. */
const OVERLAYS: readonly (readonly [RegExp, string])[] = [
  [/^(flannel|cni|vxlan\.calico|tunl|cilium|lxc)/, 'this Kubernetes network'],
  [/^(tailscale|wg|utun)/, 'a WireGuard tunnel'],
]
const CLOUDS: readonly (readonly [RegExp, string])[] = [
  [/Amazon EC2/, 'an AWS VPC without a transit gateway'],
  [/Microsoft Corporation/, 'an Azure virtual network'],
  [/Google/, 'a Google Cloud VPC'],
]

/** A platform that is known to carry no multicast; null where none is recognized. */
export function platformOf(name: string): string | null {
  const vendor = read('/sys/class/dmi/id/sys_vendor') + read('/sys/class/dmi/id/product_name')
  return platformNamed(name, vendor)
}

/**
 * @param name of the interface
 * @param vendor of the machine: DMI system vendor and product name (SMBIOS)
 */
export function platformNamed(name: string, vendor: string): string | null {
  const overlay = OVERLAYS.find(([pattern]) => pattern.test(name))
  return (overlay ?? CLOUDS.find(([pattern]) => pattern.test(vendor)))?.[1] ?? null
}
