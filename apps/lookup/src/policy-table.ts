import { cLibrary } from '@sockyard/posix/netdb'
import { inetPton } from '@sockyard/posix/socket'

import { readIfThere } from './name-service.ts'

/** A line of a table: what applies to the addresses under a prefix. */
interface PolicyLine {
  prefix: Uint8Array
  prefixLength: number
  value: number
}

/** RFC 6724, section 2.1, with IPv4 addresses as ::ffff:0:0/96. Precedence: higher is better. */
export interface PolicyTable {
  labels: readonly PolicyLine[]
  precedences: readonly PolicyLine[]
}

/** RFC 6724, section 2.1: prefix, precedence, label. musl has it so. */
const RFC_6724 = [
  ['::1', 128, 50, 0],
  ['::', 0, 40, 1],
  ['::ffff:0:0', 96, 35, 4],
  ['2002::', 16, 30, 2],
  ['2001::', 32, 5, 5],
  ['fc00::', 7, 3, 13],
  ['::', 96, 1, 3],
  ['fec0::', 10, 1, 11],
  ['3ffe::', 16, 1, 12],
] as const

/** glibc without gai.conf: the tables of RFC 3484 with later labels (gai.conf(5)). */
const GLIBC_PRECEDENCES = [
  ['::1', 128, 50],
  ['::', 0, 40],
  ['2002::', 16, 30],
  ['::', 96, 20],
  ['::ffff:0:0', 96, 10],
] as const
const GLIBC_LABELS = [
  ['::1', 128, 0],
  ['::', 0, 1],
  ['2002::', 16, 2],
  ['::', 96, 3],
  ['::ffff:0:0', 96, 4],
  ['fec0::', 10, 5],
  ['fc00::', 7, 6],
  ['2001::', 32, 7],
] as const

/** What glibc gives ::/0 where gai.conf does not. */
const EVERY_PRECEDENCE = 40
const EVERY_LABEL = 1

export const rfc6724Table: PolicyTable = {
  precedences: RFC_6724.map(([prefix, length, precedence]) => line(prefix, length, precedence)),
  labels: RFC_6724.map(([prefix, length, , label]) => line(prefix, length, label)),
}

export const glibcTable: PolicyTable = {
  precedences: GLIBC_PRECEDENCES.map(([prefix, length, value]) => line(prefix, length, value)),
  labels: GLIBC_LABELS.map(([prefix, length, value]) => line(prefix, length, value)),
}

/**
 * What gai.conf(5) says: one line of a kind replaces all of that kind that glibc has by itself, but for ::/0.
 * Its `scopev4` is not read.
 */
export function tableOf(gaiConf: string): PolicyTable {
  return {
    precedences: linesOr(glibcTable.precedences, linesOf(gaiConf, 'precedence'), EVERY_PRECEDENCE),
    labels: linesOr(glibcTable.labels, linesOf(gaiConf, 'label'), EVERY_LABEL),
  }
}

function linesOr(
  preset: readonly PolicyLine[],
  written: readonly PolicyLine[],
  every: number,
): readonly PolicyLine[] {
  if (written.length === 0) return preset
  const hasEvery = written.some(({ prefixLength }) => prefixLength === 0)
  return hasEvery ? written : [...written, line('::', 0, every)]
}

/** @param address 16 bytes, IPv4 mapped */
export function precedenceOf(table: PolicyTable, address: Uint8Array): number {
  return longest(table.precedences, address)
}

/** @param address 16 bytes, IPv4 mapped */
export function labelOf(table: PolicyTable, address: Uint8Array): number {
  return longest(table.labels, address)
}

/** How many bits from the first on are the same. */
export function commonPrefix(first: Uint8Array, second: Uint8Array): number {
  const index = first.findIndex((byte, at) => byte !== second[at])
  if (index < 0) return first.length * 8
  return index * 8 + Math.clz32((first[index] ?? 0) ^ (second[index] ?? 0)) - 24
}

function longest(lines: readonly PolicyLine[], address: Uint8Array): number {
  const fitting = lines.filter(
    ({ prefix, prefixLength }) => commonPrefix(prefix, address) >= prefixLength,
  )
  return fitting.toSorted((a, b) => b.prefixLength - a.prefixLength)[0]?.value ?? 0
}

function line(prefix: string, prefixLength: number, value: number): PolicyLine {
  return { prefix: inetPton(prefix) ?? new Uint8Array(16), prefixLength, value }
}

function linesOf(text: string, kind: 'precedence' | 'label'): PolicyLine[] {
  return text.split('\n').flatMap((each) => {
    const [word, mask = '', value] = each.replace(/#.*/, '').trim().split(/\s+/)
    const [address = '', length = '128'] = mask.split('/')
    const prefix = word === kind ? inetPton(address) : undefined
    const [prefixLength, number] = [numberUpTo(128, length), numberUpTo(LARGEST_VALUE, value)]
    if (prefix?.length !== 16 || prefixLength === undefined || number === undefined) return []
    return [{ prefix, prefixLength, value: number }]
  })
}

/** INT_MAX, the largest that glibc takes. */
const LARGEST_VALUE = 0x7fff_ffff

function numberUpTo(largest: number, digits = ''): number | undefined {
  return /^\d{1,10}$/.test(digits) && Number(digits) <= largest ? Number(digits) : undefined
}

/** The policy table that libc orders by here: glibc reads gai.conf(5), musl has the RFC's. */
export function cLibraryTable(): PolicyTable {
  return cLibrary().name === 'musl' ? rfc6724Table : tableOf(readIfThere('/etc/gai.conf'))
}
