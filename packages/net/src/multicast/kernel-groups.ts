import { readFile } from 'node:fs/promises'
import { endianness } from 'node:os'

import { addressBytes } from '../address/addresses.ts'

/** An interface that can do multicast, as the kernel has it. */
interface KernelGroups {
  /** The interface's number: a network that went and came back under the same name has another one. */
  readonly index: number
  /** The groups joined there, as `kernelGroup` writes them, and how many sockets of this host did. */
  readonly groups: ReadonlyMap<string, number>
}

/**
 * The groups joined on each interface of this host, by its name: /proc/net/igmp (IPv4) or /proc/net/igmp6.
 * Undefined where there is no such file.
 */
export async function readKernelGroups(
  family: 4 | 6,
): Promise<ReadonlyMap<string, KernelGroups> | undefined> {
  try {
    if (family === 4) return parseIgmp(await readFile('/proc/net/igmp', 'utf8'))
    return parseIgmp6(await readFile('/proc/net/igmp6', 'utf8'))
  } catch {
    return undefined
  }
}

/** A group as the kernel prints it: IPv4 as a number of this machine's byte order, IPv6 as its bytes. */
export function kernelGroup(group: string): string {
  const bytes = addressBytes(group)
  const reversed = bytes.length === 4 && endianness() === 'LE'
  return Uint8Array.from(reversed ? bytes.toReversed() : bytes).toHex()
}

/** `4 eth0 : 1 V3`, then a line for each group, indented: `010000E0 1 0:00000000 0`. */
function parseIgmp(text: string): Map<string, KernelGroups> {
  const interfaces = new Map<string, KernelGroups>()
  let groups = new Map<string, number>()
  for (const line of text.split('\n').slice(1)) {
    const [, index, name] = /^(\d+)\s+(\S+?)\s*:/.exec(line) ?? []
    const [, group, members] = /^\s+([0-9A-F]{8})\s+(\d+)\s/.exec(line) ?? []
    if (group !== undefined) groups.set(group.toLowerCase(), Number(members))
    if (name === undefined) continue
    groups = new Map()
    interfaces.set(name, { index: Number(index), groups })
  }
  return interfaces
}

/** A line for each interface and group: `4 eth0 ff020000000000000000000000000001 1 0000000C 0`. */
function parseIgmp6(text: string): Map<string, KernelGroups> {
  const interfaces = new Map<string, { index: number; groups: Map<string, number> }>()
  for (const line of text.split('\n')) {
    const [index, name, group, members] = line.trim().split(/\s+/)
    if (name === undefined || group === undefined) continue
    const known = interfaces.get(name) ?? {
      index: Number(index),
      groups: new Map<string, number>(),
    }
    known.groups.set(group, Number(members))
    interfaces.set(name, known)
  }
  return interfaces
}
