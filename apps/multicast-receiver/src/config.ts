import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

import { UsageError } from '@sockyard/cli/errors'
import { duration, integer, list } from '@sockyard/cli/options'
import type { MulticastGroup } from '@sockyard/net/multicast'
import { isMulticast, isSourceSpecific } from '@sockyard/protocol/multicast'
import { deadline, engine, groups, interfaces, json, quiet } from '@sockyard/service/options'
import { z } from 'zod'

export const receiveOptions = z.strictObject({
  group: groups(['239.255.43.21'], isMulticast).meta({
    description: 'group; repeatable',
  }),
  port: integer(4321, { minimum: 1, maximum: 65_535 }).meta({
    short: 'p',
    valueName: 'PORT',
    description: 'port of the groups',
  }),
  interface: interfaces()
    .refine((wanted) => wanted.length < 2 || !wanted.some(isWord), 'any and all stand alone')
    .meta({
      kind: 'list',
      short: 'I',
      valueName: 'INTERFACE',
      preset: 'any',
      description: 'any, all, name or address; repeatable',
    }),
  source: list(z.string().refine(isUnicast, 'must be the address of a sender')).meta({
    valueName: 'ADDRESS',
    description: 'only from this sender (RFC 4607); repeatable',
  }),
  count: integer(undefined, { minimum: 1 }).meta({
    short: 'c',
    valueName: 'COUNT',
    preset: 'until stopped',
    description: 'how many to receive',
  }),
  deadline: deadline().meta({
    description: 'end after this long; exit code 1 if unmet',
  }),
  silentAfter: duration('5s', { minimum: '100ms', maximum: '24h' }).meta({
    common: false,
    description: 'log a sender or group as silent after this long without a datagram',
  }),
  maxSenders: integer(100, { minimum: 1, maximum: 1_000 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'senders measured at a time; the least recently heard is dropped first',
  }),
  engine: engine(),
  quiet: quiet(),
  json: json(),
})

export type ReceiveOptions = z.output<typeof receiveOptions>

function isWord(wanted: string): boolean {
  return wanted === 'any' || wanted === 'all'
}

function isUnicast(address: string): boolean {
  return isIP(address) !== 0 && !isMulticast(address)
}

/**
 * The groups, each with those of the sources that are of its family.
 *
 * @throws {UsageError} for a group of a source-specific range without a source, and when sources are given but
 *   none for this group: it would be received from any source; and for more sources than the kernel takes
 */
export function groupsWithSources({ group, source }: ReceiveOptions): MulticastGroup[] {
  return [...new Set(group)].map((address) => {
    const sources = source.filter((each) => isIP(each) === isIP(address))
    checkLimit(sources)
    if (sources.length > 0) return { address, sources }
    if (isSourceSpecific(address))
      throw new UsageError('--group', address, 'needs a --source (RFC 4607)')
    if (source.length > 0)
      throw new UsageError('--source', source.join(','), `has no source for ${address}`)
    return { address }
  })
}

/** A socket can name so many sources of a group; one more, and it would get nothing at all. */
const SOURCE_LIMITS = { 4: 'ipv4/igmp_max_msf', 6: 'ipv6/mld_max_msf' } as const

function checkLimit(sources: readonly string[]): void {
  const family = sources.some((source) => source.includes(':')) ? 6 : 4
  const most = readLimit(SOURCE_LIMITS[family])
  if (sources.length > most) {
    const sysctl = `net.${SOURCE_LIMITS[family].replace('/', '.')}`
    throw new UsageError('--source', sources.join(','), `must be at most ${most} (${sysctl})`)
  }
}

/** No limit where the system has no such file. */
function readLimit(name: string): number {
  try {
    return Number(readFileSync(`/proc/sys/net/${name}`, 'utf8'))
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
