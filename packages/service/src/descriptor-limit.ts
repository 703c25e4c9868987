import { readFileSync } from 'node:fs'

/**
 * How many descriptors this process may have open (RLIMIT_NOFILE, getrlimit(2); Node raises the soft limit
 * to the hard one as it starts). Infinity where there is no /proc or no limit.
 */
export function descriptorLimit(): number {
  try {
    return parseLimits(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** The soft limit in the text of /proc/PID/limits (proc(5)). */
function parseLimits(text: string): number {
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1]
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
}
