import { readFileSync, readdirSync } from 'node:fs'

/** USER_HZ, the unit of times in proc(5): 100 on every Linux of today. */
const TICKS_A_SECOND = 100

interface Entry {
  parent: number
  threads: number
  /** Of itself, all its threads, and the children it waited for; whole ticks. */
  cpuSeconds: number
  /** The share of it that is of the children it waited for. */
  childrenSeconds: number
}

/** What the line in /proc/PID/stat says (proc(5)). */
export function parseStat(stat: string): Entry {
  // The second field is the program's name, in parentheses, with any characters in it.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [parent = 0, threads = 0] = [fields[1], fields[17]]
  const [own, children] = [seconds(fields[11], fields[12]), seconds(fields[13], fields[14])]
  return { parent, threads, cpuSeconds: own + children, childrenSeconds: children }
}

function seconds(user = 0, system = 0): number {
  return (user + system) / TICKS_A_SECOND
}

/** Processor time of a process and all its descendants so far, dead ones included, in seconds. */
export function cpuSecondsOf(pid: number): number {
  const entries = allProcesses()
  return descendants(pid, entries)
    .map((id) => exactSeconds(id, entries.get(id)))
    .reduce((sum, value) => sum + value, 0)
}

/** Hundreds of processes that each took less than a tick would be nothing by their ticks. */
function exactSeconds(pid: number, entry: Entry | undefined): number {
  const nanos =
    entry?.threads === 1 ? Number.parseInt(readOrEmpty(`/proc/${pid}/schedstat`), 10) : 0
  if (entry === undefined || !(nanos > 0)) return entry?.cpuSeconds ?? 0
  return nanos / 1e9 + entry.childrenSeconds
}

/** How many processes there are of it: itself and its descendants. */
export function processCount(pid: number): number {
  return descendants(pid, allProcesses()).length
}

/** Threads of one process; 0 when it is gone. */
export function threadCount(pid: number): number {
  return allProcesses().get(pid)?.threads ?? 0
}

/** Ends a process and all its descendants at once. */
export function killTree(pid: number): void {
  for (const id of descendants(pid, allProcesses())) kill(id)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Memory of a process and its descendants in KiB, shared pages divided among those that share (PSS). */
export function proportionalKiB(pid: number): number {
  const entries = allProcesses()
  return descendants(pid, entries).reduce((sum, id) => sum + rollup(id, 'Pss'), 0)
}

/** Resident memory of one process in KiB (RSS). */
export function residentKiB(pid: number): number {
  return rollup(pid, 'Rss')
}

/** Anonymous resident memory of one process in KiB (RssAnon, proc(5)): its own, without files that are mapped. */
export function privateKiB(pid: number): number {
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 0)
}

function rollup(pid: number, field: 'Pss' | 'Rss'): number {
  const text = readOrEmpty(`/proc/${pid}/smaps_rollup`)
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
}

function allProcesses(): Map<number, Entry> {
  const ids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  const stats = ids.map((id): [number, string] => [id, readOrEmpty(`/proc/${id}/stat`)])
  return new Map(stats.filter(([, text]) => text !== '').map(([id, text]) => [id, parseStat(text)]))
}

function descendants(pid: number, entries: ReadonlyMap<number, Entry>): number[] {
  const children = [...entries].filter(([, { parent }]) => parent === pid)
  return [pid, ...children.flatMap(([id]) => descendants(id, entries))]
}

/** A process may end between the listing and the reading. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
