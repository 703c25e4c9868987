import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, resolve } from 'node:path'
import { getgroups } from 'node:process'

import { UsageError } from '@sockyard/cli/errors'
import { nativeCallsWork } from '@sockyard/posix/ffi'

import { define, type Definition, type HostFacts, socketIdentity } from './definition.ts'
import { ConfigurationError, FieldError } from './entry.ts'
import { type Account, readAccounts, readServicePorts } from './host-lookups.ts'
import { parseConfiguration } from './parse-configuration.ts'

/** What can be served, and one error for each entry that cannot. */
export interface Configuration {
  definitions: Definition[]
  errors: ConfigurationError[]
}

/** `--allow` and `--deny`. */
export interface ClientLists {
  allow: readonly string[]
  deny: readonly string[]
}

/**
 * Reads the configuration, and looks up what it names on this host.
 *
 * @throws {UsageError} when the file cannot be read
 */
export function loadConfiguration(file: string, lists: ClientLists): Configuration {
  const { entries, errors } = parseConfiguration(read(file), file)
  const host = hostFacts(dirname(resolve(file)), lists)
  const found = new Map<string, Definition>()
  for (const entry of entries) {
    const { line, written: service } = entry
    try {
      const definition = define(entry, host)
      const place = socketIdentity(definition)
      const other = found.get(place)?.entry.line
      if (other !== undefined)
        throw new FieldError('service name', service, `is the same as in line ${other}`)
      found.set(place, definition)
    } catch (error) {
      if (!(error instanceof FieldError)) throw error
      const { field, value, message: reason } = error
      errors.push(new ConfigurationError({ file, line, field, value, reason, service }))
    }
  }
  errors.sort((one, other) => one.line - other.line)
  return { definitions: [...found.values()], errors }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError('--config', file, `cannot be read: ${(error as Error).message}`)
  }
}

function hostFacts(folder: string, { allow, deny }: ClientLists): HostFacts {
  const accounts = readAccounts()
  return {
    portOf: readServicePorts(),
    userOf: accounts.user,
    groupOf: accounts.group,
    self: selfAccount(),
    groups: getgroups?.() ?? [],
    restrictsClients: allow.length + deny.length > 0,
    resolvePath: (path) => resolve(folder, path),
    programProblem,
    canWait: nativeCallsWork,
  }
}

/** A user of a container may have no line in passwd(5). */
function selfAccount(): Account {
  try {
    const { username: name, uid, gid, homedir: home, shell } = userInfo()
    return { name, uid, gid, home, shell: shell ?? '/bin/sh' }
  } catch {
    const { uid, gid } = statSync('/proc/self')
    return { name: String(uid), uid, gid, home: '/', shell: '/bin/sh' }
  }
}

function programProblem(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'is not a file'
    accessSync(path, constants.X_OK)
    return undefined
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return missing ? 'no such program' : 'may not be executed'
  }
}
