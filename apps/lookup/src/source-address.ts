import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'

import { presentationToBytes } from '@sockyard/posix/presentation'

import { mappedBytes, type SourceAddress } from './destination.ts'
import { readIfThere } from './name-service.ts'

/** netdevice(7), if_arp.h: ARPHRD_TUNNEL, ARPHRD_TUNNEL6, ARPHRD_SIT, ARPHRD_IPGRE, ARPHRD_IP6GRE. */
const TUNNELS: ReadonlySet<number> = new Set([768, 769, 776, 778, 823])
/** rtnetlink(7), the flags in /proc/net/if_inet6. */
const IFA_F_HOMEADDRESS = 0x10
const IFA_F_DEPRECATED = 0x20

/**
 * Where a packet to an address would come from: a UDP socket is connected to it, which sends nothing, and asked for
 * its own address (RFC 6724, section 8).
 *
 * @param address numeric, with its zone
 * @returns undefined when there is no way to it
 */
export async function sourceAddress(address: string): Promise<SourceAddress | undefined> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  try {
    const connected = once(socket, 'connect')
    socket.connect(9, address)
    await connected
    return factsOf(socket.address().address)
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}

function factsOf(text: string): SourceAddress | undefined {
  const [plain = ''] = text.split('%')
  const bytes = presentationToBytes(plain)
  if (bytes === undefined) return undefined
  const { name, prefixLength } = interfaceOf(plain)
  const flags = ipv6Flags(bytes)
  return {
    address: mappedBytes(bytes),
    isDeprecated: (flags & IFA_F_DEPRECATED) !== 0,
    isHome: (flags & IFA_F_HOMEADDRESS) !== 0,
    isNative: !TUNNELS.has(Number(readIfThere(`/sys/class/net/${name}/type`))),
    prefixLength: prefixLength ?? bytes.length * 8,
  }
}

function interfaceOf(address: string): { name: string; prefixLength: number | undefined } {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const found = addresses.find((each) => each.address === address)
    if (found !== undefined)
      return { name, prefixLength: Number(found.cidr?.split('/')[1]) || undefined }
  }
  return { name: '', prefixLength: undefined }
}

/** A line of /proc/net/if_inet6: address, interface, prefix length, scope, flags, name; numbers in hexadecimal. */
function ipv6Flags(bytes: Uint8Array): number {
  if (bytes.length !== 16) return 0
  const lines = readIfThere('/proc/net/if_inet6').split('\n')
  const line = lines.find((each) => each.startsWith(bytes.toHex()))
  return Number.parseInt(line?.split(/\s+/)[4] ?? '0', 16)
}
