import type { Account } from './accounts.ts'
import { type Entry, labelOf } from './entry.ts'
import { type InternalName, internalNameOf } from './internal-name.ts'
import { FieldError } from './read-fields.ts'
import type { ServicePorts } from './service-ports.ts'

/** A program as it is started. */
export interface Program {
  path: string
  /** argv[0] and the following. */
  words: readonly string[]
  /** Whose it is; numbers only when we are root, and it may be somebody else. */
  account: Account
  identity: { uid: number; gid: number } | undefined
}

/** An entry with everything looked up: it can be served. */
export interface Definition {
  label: string
  entry: Entry
  /** 0 is a free one. */
  port: number
  run: { internal: InternalName } | { internal?: never; program: Program }
}

/** What of this host an entry depends on. */
export interface HostFacts {
  portOf: ServicePorts
  userOf: (name: string) => Account | undefined
  groupOf: (name: string) => number | undefined
  /** Who runs inetd. */
  self: Account
  /** Where a relative path begins: the folder of the configuration. */
  resolvePath: (path: string) => string
  /** Why a program cannot be started; undefined when it can. */
  programProblem: (path: string) => string | undefined
  /** Whether a socket can be handed over and watched. */
  canWait: () => boolean
}

/**
 * Looks up what the words of an entry mean on this host.
 *
 * @throws {FieldError} for an unknown service, user or group, a program that is missing, and what cannot be done here
 */
export function define(entry: Entry, host: HostFacts): Definition {
  const label = labelOf(entry)
  const port = portOf(entry, host)
  if (entry.program === 'internal')
    return { label, entry, port, run: { internal: internalNameOf(entry) } }
  if (entry.wait && !host.canWait())
    throw new FieldError('wait/nowait', 'wait', 'needs koffi, which cannot be loaded here')
  const path = host.resolvePath(entry.program)
  const problem = host.programProblem(path)
  if (problem !== undefined) throw new FieldError('server program', path, problem)
  const program = { path, words: entry.programArguments, ...identityOf(entry, host) }
  return { label, entry, port, run: { program } }
}

function portOf({ service, transport }: Entry, host: HostFacts): number {
  const port = /^\d+$/.test(service) ? Number(service) : host.portOf(service, transport)
  if (port === undefined)
    throw new FieldError('service name', service, `is no ${transport} service of /etc/services`)
  return port
}

function identityOf(
  { user, group }: Entry,
  { self, userOf, groupOf }: HostFacts,
): Pick<Program, 'account' | 'identity'> {
  const account = user === '-' ? self : userOf(user)
  if (account === undefined) throw new FieldError('user', user, 'there is no such user')
  const gid = group === undefined ? account.gid : groupOf(group)
  if (gid === undefined) throw new FieldError('user', group, 'there is no such group')
  if (self.uid === 0) return { account, identity: { uid: account.uid, gid } }
  if (account.uid === self.uid && gid === self.gid) return { account, identity: undefined }
  throw new FieldError(
    'user',
    user,
    `inetd runs as ${self.name}: only root starts a program as another`,
  )
}
