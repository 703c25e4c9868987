import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where cgroups are (cgroups(7)): of version 2 there, of version 1 in a folder for each controller. */
const CGROUPS = '/sys/fs/cgroup'

/**
 * How many processes and threads this process and its children may have in all (pids.max of its cgroup,
 * cgroups(7)): a container's limit. Infinity where there is none, or none can be read.
 */
export function taskLimit(): number {
  const limits = folders().map((folder) => Number.parseInt(read(join(folder, 'pids.max')), 10))
  return Math.min(...limits.filter((limit) => limit > 0), Number.POSITIVE_INFINITY)
}

/** A container may see its own cgroup as the root, and yet be told its path on the host. */
function folders(): string[] {
  const memberships = read('/proc/self/cgroup').matchAll(/^\d+:(|pids):(.*)$/gm)
  return [...memberships].flatMap(([, controller = '', path = '']) => [
    join(CGROUPS, controller, path),
    join(CGROUPS, controller),
  ])
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
