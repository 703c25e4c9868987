import { readdir, readFile, readlink } from 'node:fs/promises'
import { endianness } from 'node:os'

import { addressBytes } from '../address/addresses.ts'

/** One line of /proc/net/udp or udp6 (proc(5)). `address` is hexadecimal as the kernel writes it. */
interface UdpRow {
  address: string
  port: number
  inode: string
  drops: number
}

/**
 * Datagrams the kernel dropped because the receive buffer of a socket of this process was full: the sum over its
 * UDP sockets bound to this address and port. Undefined where there is no /proc.
 *
 * @param address as socket.address() gives it
 */
export async function readKernelDrops(address: string, port: number): Promise<number | undefined> {
  try {
    return await sumOfDrops([address], port)
  } catch {
    return undefined
  }
}

/** `readKernelDrops` of many addresses, each table read once; where there is no /proc, 0. */
export async function readKernelDropsAt(
  addresses: Iterable<string>,
  port: number,
): Promise<number> {
  try {
    return await sumOfDrops([...addresses], port)
  } catch {
    return 0
  }
}

async function sumOfDrops(addresses: readonly string[], port: number): Promise<number> {
  const wanted = new Set(addresses.map(procAddress))
  const tables = new Set(addresses.map((each) => `/proc/net/udp${each.includes(':') ? '6' : ''}`))
  const [own, ...texts] = await Promise.all([
    ownSocketInodes(),
    ...[...tables].map((table) => readFile(table, 'utf8')),
  ])
  return texts
    .flatMap(parseUdpTable)
    .filter((row) => row.port === port && wanted.has(row.address) && own.has(row.inode))
    .reduce((sum, row) => sum + row.drops, 0)
}

/** Other processes may share the address (SO_REUSEADDR): the inode says whose socket a line is. */
async function ownSocketInodes(): Promise<ReadonlySet<string>> {
  const folder = '/proc/self/fd'
  const targets = await Promise.all(
    (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  )
  return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []))
}

/** The lines after the heading; `drops` is the last column, `inode` the tenth. */
function parseUdpTable(text: string): UdpRow[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const columns = line.trim().split(/\s+/)
      const [address, port] = columns[1]?.split(':') ?? []
      const inode = columns[9]
      const drops = columns[12]
      if (address === undefined || port === undefined) return []
      if (inode === undefined || drops === undefined) return []
      return [{ address, port: Number.parseInt(port, 16), inode, drops: Number(drops) }]
    })
}

/** The kernel prints the address as 32-bit words of this machine's byte order: 127.0.0.1 is 0100007F on x86. */
function procAddress(address: string): string {
  const bytes = addressBytes(address)
  const words = Array.from({ length: bytes.length / 4 }, (_, word) =>
    bytes.slice(word * 4, word * 4 + 4),
  )
  return words
    .map((word) => (endianness() === 'LE' ? word.toReversed() : word))
    .map((word) => word.map((byte) => byte.toString(16).padStart(2, '0')).join(''))
    .join('')
    .toUpperCase()
}
