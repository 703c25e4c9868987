import { networkInterfaces } from 'node:os'

import { addressBytes, normalizeMappedAddress, splitZone } from '@sockyard/net/address'

import { read } from './kernel-counters.ts'

/** Whether an address is one of this host's own. */
export function isOwnAddress(address: string): boolean {
  const [bare] = splitZone(address)
  if (bare.startsWith('127.')) return true
  return Object.values(networkInterfaces()).some((each) =>
    each?.some((own) => own.address === bare),
  )
}

/** Whether the kernel has asked for the link address of a neighbour and got none (arp(7)); IPv4 only. */
export function isNeighbourAbsent(address: string): boolean {
  const line = read('/proc/net/arp')
    .split('\n')
    .find((each) => each.split(/\s+/)[0] === address)
  return line !== undefined && line.split(/\s+/)[2] === '0x0'
}

/** The addresses at which a port of this host is listened to: `127.0.0.1`, `0.0.0.0`, `::` … */
export function listenersAt(transport: 'tcp' | 'udp', port: number): string[] {
  const found = [transport, `${transport}6`].flatMap((table) =>
    read(`/proc/net/${table}`)
      .split('\n')
      .slice(1)
      .flatMap((line) => listenerOf(line, transport, port)),
  )
  return [...new Set(found)]
}

/** TCP_LISTEN of /proc/net/tcp; an unconnected UDP socket has TCP_CLOSE (proc(5)). */
const LISTENING = { tcp: '0A', udp: '07' } as const

function listenerOf(line: string, transport: 'tcp' | 'udp', port: number): string[] {
  const [, local = '', , state] = line.trim().split(/\s+/)
  const [address = '', portText = ''] = local.split(':')
  if (state !== LISTENING[transport] || Number.parseInt(portText, 16) !== port) return []
  return [kernelAddress(address)]
}

/** Words of 32 bits in the byte order of this machine, little-endian on all that Node runs on. */
function kernelAddress(hex: string): string {
  const bytes = Uint8Array.fromHex(hex)
  const words = Array.from({ length: bytes.length / 4 }, (_, word) =>
    [...bytes.subarray(word * 4, word * 4 + 4)].toReversed(),
  ).flat()
  if (words.length === 4) return words.join('.')
  const groups = Array.from({ length: 8 }, (_, group) =>
    ((words[group * 2] ?? 0) * 256 + (words[group * 2 + 1] ?? 0)).toString(16),
  )
  return normalizeMappedAddress(new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1))
}

/** Whether a socket that is bound to `listener` gets what is sent to `address`. */
export function serves(listener: string, address: string): boolean {
  if (listener === '0.0.0.0') return addressBytes(address).length === 4
  return listener === '::' || listener === splitZone(address)[0]
}
