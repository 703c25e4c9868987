import { readFileSync } from 'node:fs'

/** What the kernel has counted so far in this network namespace, of one IP version. */
export interface KernelCounters {
  /** IP packets that came in on any interface. */
  received: number
  /** Those that went to a protocol of this host: no filter or missing membership stopped them. */
  delivered: number
  forwarded: number
  /** Multicast packets of groups that are joined where they came in. */
  multicast: number
  /** Dropped because the way back to their source is another interface (RFC 3704); IPv4 only. */
  reversePathFiltered: number
  /** Multicast datagrams for a port that no member of the group has. */
  ignoredMulticast: number
}

type Numbers = ReadonlyMap<string, number>

/** @returns zeros where the kernel does not say */
export function readKernelCounters(family: 4 | 6): KernelCounters {
  if (family === 6) return ipv6Counters(parseSnmp6(read('/proc/net/snmp6')))
  return ipv4Counters(parseTables(read('/proc/net/snmp') + read('/proc/net/netstat')))
}

/** Every counter of this network namespace by its name: `Udp.RcvbufErrors`, `TcpExt.ListenOverflows`, `Ip6ReasmFails`. */
export function numbersOf(): Numbers {
  const ipv4 = parseTables(read('/proc/net/snmp') + read('/proc/net/netstat'))
  return new Map([...ipv4, ...parseSnmp6(read('/proc/net/snmp6'))])
}

/** What was counted from one reading to the next. */
export function counted(before: KernelCounters, after: KernelCounters): KernelCounters {
  const names = Object.keys(after) as (keyof KernelCounters)[]
  const differences = names.map((name) => [name, after[name] - before[name]])
  return Object.fromEntries(differences) as Record<keyof KernelCounters, number>
}

function ipv4Counters(numbers: Numbers): KernelCounters {
  const of = (name: string): number => numbers.get(name) ?? 0
  return {
    received: of('Ip.InReceives'),
    delivered: of('Ip.InDelivers'),
    forwarded: of('Ip.ForwDatagrams'),
    multicast: of('IpExt.InMcastPkts'),
    reversePathFiltered: of('TcpExt.IPReversePathFilter'),
    ignoredMulticast: of('Udp.IgnoredMulti'),
  }
}

function ipv6Counters(numbers: Numbers): KernelCounters {
  const of = (name: string): number => numbers.get(name) ?? 0
  return {
    received: of('Ip6InReceives'),
    delivered: of('Ip6InDelivers'),
    forwarded: of('Ip6OutForwDatagrams'),
    multicast: of('Ip6InMcastPkts'),
    reversePathFiltered: 0,
    ignoredMulticast: of('Udp6IgnoredMulti'),
  }
}

/** /proc/net/snmp and /proc/net/netstat: a line of names, then a line of numbers, both behind `Ip:`. */
function parseTables(text: string): Numbers {
  const numbers = new Map<string, number>()
  const lines = text.trimEnd().split('\n')
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const [table = '', ...names] = (lines[index] ?? '').split(/\s+/)
    const [, ...values] = (lines[index + 1] ?? '').split(/\s+/)
    for (const [column, name] of names.entries())
      numbers.set(`${table.replace(':', '')}.${name}`, Number(values[column] ?? 0))
  }
  return numbers
}

/** /proc/net/snmp6: a name and a number a line. */
function parseSnmp6(text: string): Numbers {
  const pairs = text.matchAll(/^(\w+)\s+(\d+)$/gm)
  return new Map([...pairs].map(([, name = '', value]) => [name, Number(value)]))
}

/** Empty where there is no such file. */
export function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
