import { type Entry, FieldError, labelOf } from './entry.ts'
import {
  type Account,
  INTERNAL_PORTS,
  type InternalName,
  type ServicePorts,
} from './host-lookups.ts'

/**
 * Which internal service an entry asks for: by the word after `internal`, by the service's name, or by its port.
 *
 * @throws {FieldError} for none, and for chargen by number or over UDP (CERT CA-1996-01)
 */
function internalNameOf(entry: Entry): InternalName {
  const { service, transport, programArguments } = entry
  const [word = service] = programArguments
  const name = isInternal(word) ? word : byPort(Number(word))
  if (name === undefined)
    throw new FieldError('server program', `internal ${word}`, `must be one of ${NAMES.join(' ')}`)
  if (name === 'chargen' && transport === 'udp')
    throw new FieldError('protocol', entry.protocol, 'chargen is served over tcp only')
  return name
}

const NAMES = Object.keys(INTERNAL_PORTS)

function isInternal(word: string): word is InternalName {
  return Object.hasOwn(INTERNAL_PORTS, word)
}

/** Chargen has to be asked for by name. */
function byPort(port: number): InternalName | undefined {
  return NAMES.filter(isInternal).find(
    (name) => name !== 'chargen' && INTERNAL_PORTS[name] === port,
  )
}

/** A program as it is started. */
export interface Program {
  path: string
  /** argv[0] and the following. */
  words: readonly string[]
  /** The user it runs as. */
  account: Account
  /** Undefined when that is what inetd runs as: then nothing has to be changed. */
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
  /** The user that inetd runs as. */
  self: Account
  /** The groups that inetd itself has, and a program of its user inherits (getgroups(2)). */
  groups: readonly number[]
  /** Whether `--allow` or `--deny` restrict the clients. */
  restrictsClients: boolean
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
  checkClientsKnown(entry, host)
  const path = host.resolvePath(entry.program)
  const problem = host.programProblem(path)
  if (problem !== undefined) throw new FieldError('server program', path, problem)
  const program = { path, words: entry.programArguments, ...userIdentity(entry, host) }
  return { label, entry, port, run: { program } }
}

/** The program accepts the connections of such a service by itself: no list of inetd's can hold for them. */
function checkClientsKnown({ wait, transport }: Entry, { restrictsClients }: HostFacts): void {
  if (!restrictsClients || !wait || transport !== 'tcp') return
  const reason = 'its program accepts any client, so --allow and --deny cannot hold: use nowait'
  throw new FieldError('wait/nowait', 'wait', reason)
}

function portOf({ service, transport }: Entry, host: HostFacts): number {
  const port = /^\d+$/.test(service) ? Number(service) : host.portOf(service, transport)
  if (port === undefined)
    throw new FieldError('service name', service, `is not a ${transport} service in /etc/services`)
  return port
}

function userIdentity(
  { user, group }: Entry,
  { self, groups, userOf, groupOf }: HostFacts,
): Pick<Program, 'account' | 'identity'> {
  const account = user === '-' ? self : userOf(user)
  if (account === undefined) throw new FieldError('user', user, 'no such user')
  const gid = group === undefined ? account.gid : groupOf(group)
  if (gid === undefined) throw new FieldError('user', group, 'no such group')
  const isSelf = account.uid === self.uid && gid === self.gid
  if (isSelf && (self.uid !== 0 || groups.every((each) => each === gid)))
    return { account, identity: undefined }
  if (self.uid === 0) return { account, identity: { uid: account.uid, gid } }
  throw new FieldError(
    'user',
    user,
    `inetd runs as ${self.name}: only root can start a program as another user`,
  )
}

/** How the service's socket is used: for connections, for datagrams, or handed to a program (`wait`). */
export type SocketHolder = 'connections' | 'datagrams' | 'wait'

export function holderOf({ entry, run }: Definition): SocketHolder {
  if (run.internal !== undefined) return entry.transport === 'tcp' ? 'connections' : 'datagrams'
  return entry.wait ? 'wait' : 'connections'
}

/** Definitions with the same identity can share their open sockets: only what they start differs. */
export function socketIdentity(definition: Definition): string {
  const { addresses, transport, family = 46, isDualStack } = definition.entry
  const families = isDualStack ? 'dual' : family
  return [addresses.join(','), definition.port, transport, families, holderOf(definition)].join(' ')
}
