import { isIP } from 'node:net'

import { type Entry, type EntryLimits, FieldError } from './entry.ts'

type Protocol = Pick<Entry, 'transport' | 'family' | 'isDualStack'>

/** What may stand behind `tcp` and `udp`. */
const FAMILIES: Readonly<Record<string, Omit<Protocol, 'transport'>>> = {
  '': { family: undefined, isDualStack: false },
  46: { family: undefined, isDualStack: true },
  4: { family: 4, isDualStack: false },
  6: { family: 6, isDualStack: false },
  '6only': { family: 6, isDualStack: false },
}
const PROTOCOLS = new Map<string, Protocol>(
  (['tcp', 'udp'] as const).flatMap((transport) =>
    Object.entries(FAMILIES).map(([suffix, rest]) => [
      `${transport}${suffix}`,
      { transport, ...rest },
    ]),
  ),
)
const TRANSPORTS = new Map<string, Entry['transport']>([
  ['stream', 'tcp'],
  ['dgram', 'udp'],
])
const WAIT = /^(wait|nowait)(?:\.(\d{1,6}))?(?:\/(\d{1,6})(?:\/(\d{1,6})(?:\/(\d{1,6}))?)?)?$/

/**
 * `echo`, `7`, `127.0.0.1:echo`, `[::1],localhost:7`, `*:echo`.
 *
 * @throws {FieldError}
 */
export function readServiceName(written: string): Pick<Entry, 'addresses' | 'service'> | string[] {
  const colon = written.lastIndexOf(':')
  const service = written.slice(colon + 1)
  const addresses = colon < 0 ? undefined : readAddresses(written, written.slice(0, colon))
  if (service === '' && addresses !== undefined) return addresses
  if (/^rpc|^tcpmux\/|\//.test(service)) refuse('RPC, tcpmux and Unix sockets are not served here')
  if (!/^[\w+.-]{1,64}$/.test(service)) refuse('must be a name of services(5) or a port number')
  if (/^\d+$/.test(service) && Number(service) > 65_535) refuse('a port is 0 to 65535')
  return { addresses: addresses ?? [], service }

  function refuse(reason: string): never {
    throw new FieldError('service name', written, reason)
  }
}

function readAddresses(written: string, list: string): string[] {
  const addresses = list.split(',').map((address) => address.replace(/^\[(.*)\]$/, '$1'))
  const wrong = addresses.find((address) => address !== '*' && !isHost(address))
  if (wrong === undefined) return addresses.includes('*') ? [] : addresses
  throw new FieldError('service name', written, 'an address or a name of this host stands before :')
}

function isHost(address: string): boolean {
  return isIP(address) !== 0 || /^[a-z0-9]([\w.-]{0,252})$/i.test(address)
}

/** @throws {FieldError} */
export function readProtocol(
  socketType: string | undefined,
  protocol: string | undefined,
): Pick<Entry, 'protocol'> & Protocol {
  const wanted = TRANSPORTS.get(socketType ?? '')
  if (wanted === undefined)
    throw new FieldError('socket type', socketType, 'must be stream or dgram')
  const found = PROTOCOLS.get(protocol ?? '')
  if (protocol === undefined || found === undefined)
    throw new FieldError(
      'protocol',
      protocol,
      'must be tcp or udp, optionally followed by 4, 6 or 46',
    )
  if (found.transport !== wanted)
    throw new FieldError('protocol', protocol, `${socketType} requires ${wanted}`)
  return { protocol, ...found }
}

/**
 * `wait`, `nowait.40`, and FreeBSD's `nowait/children/starts a minute/children an address`; 0 is no limit of its
 * own.
 *
 * @throws {FieldError}
 */
export function readWait(word: string | undefined): { wait: boolean; limits: EntryLimits } {
  const [, how, dotted, children, slashed, childrenPerAddress] = WAIT.exec(word ?? '') ?? []
  if (how === undefined)
    throw new FieldError('wait/nowait', word, 'must be wait or nowait, with .max or /max-child')
  const limits = {
    perMinute: limit(dotted) ?? limit(slashed),
    children: limit(children),
    childrenPerAddress: limit(childrenPerAddress),
  }
  return { wait: how === 'wait', limits }
}

function limit(digits: string | undefined): number | undefined {
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits)
}

/**
 * `user`, `user:group`, `user.group`, `-`.
 *
 * @throws {FieldError}
 */
export function readUser(word: string | undefined): Pick<Entry, 'user' | 'group'> {
  const [, user, group] = /^([\w$-][\w$-]*)(?:[.:]([\w$.-]+))?$/.exec(word ?? '') ?? []
  if (user === undefined) throw new FieldError('user', word, 'must be user, user:group or -')
  return { user, group }
}

/** @throws {FieldError} */
export function readProgram(
  program: string | undefined,
  rest: readonly string[],
): Pick<Entry, 'program' | 'programArguments'> {
  if (program === undefined || program === '')
    throw new FieldError('server program', program, 'required: a path, or internal')
  if (program === 'internal') return { program, programArguments: rest }
  if (!program.includes('/'))
    throw new FieldError('server program', program, 'must be a path, or internal')
  const zeroth = program.slice(program.lastIndexOf('/') + 1)
  return { program, programArguments: rest.length === 0 ? [zeroth] : rest }
}
