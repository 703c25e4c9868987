import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'

/** Version 1 has a hierarchy for memory alone, version 2 one for all (cgroups(7)). */
const VERSION_1 = '/sys/fs/cgroup/memory'
const VERSION_2 = '/sys/fs/cgroup'

/** What compose gives each service of the yard. */
const SERVICE_MEMORY_BYTES = 256 * 1_024 * 1_024

/** Whether this process may make memory cgroups: as root, where their file system is mounted and writable. */
export function canLimitMemory(): boolean {
  return hierarchy() !== undefined
}

/** A memory cgroup: the processes in it that want more are killed with SIGKILL (cgroups(7)). */
export interface MemoryCgroup extends Disposable {
  /** Of its processes; to be written to for a process to enter. */
  readonly processesFile: string
}

/**
 * @param name unique among the tests
 * @param limitBytes of the processes in it together, private memory and page cache
 * @throws {Error} where `canLimitMemory` is false
 */
export function memoryCgroup(name: string, limitBytes = SERVICE_MEMORY_BYTES): MemoryCgroup {
  const parent = hierarchy()
  if (parent === undefined)
    throw new Error('memory cgroups need root and a writable cgroup file system')
  const folder = `${parent}/sockyard-${name}`
  mkdirSync(folder)
  const limit = parent === VERSION_1 ? 'memory.limit_in_bytes' : 'memory.max'
  writeFileSync(`${folder}/${limit}`, String(limitBytes))
  return { processesFile: `${folder}/cgroup.procs`, [Symbol.dispose]: () => rmdirSync(folder) }
}

function hierarchy(): string | undefined {
  if (isWritable(`${VERSION_1}/cgroup.procs`)) return VERSION_1
  const controllers = `${VERSION_2}/cgroup.subtree_control`
  if (!existsSync(controllers) || !isWritable(controllers)) return undefined
  return readFileSync(controllers, 'utf8').split(/\s/).includes('memory') ? VERSION_2 : undefined
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK)
    return true
  } catch {
    return false
  }
}
