import { hostname } from 'node:os'

import { UsageError } from '@sockyard/cli/errors'
import {
  gethostent,
  getprotobyname,
  getprotobynumber,
  getprotoent,
  getservbyname,
  getservbyport,
  getservent,
  type ProtocolEntry,
  type ServiceEntry,
  gethostbyaddr,
  gethostbyname,
  type HostEntry,
  ResolverError,
} from '@sockyard/posix/netdb'
import { inetNtop, inetPton } from '@sockyard/posix/socket'
import type { LookupAnswer } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import type { PlainOptions, HostOptions } from './config.ts'
import { answeredBy, type Database, sourcesOf } from './name-service.ts'
import { emptyDatabase, notFound, runLookup } from './run-lookup.ts'

/** A service by its name or its port: getservbyname(3), getservbyport(3). */
export function service(context: CommandContext<PlainOptions>): Promise<number> {
  const [question = '', transport] = context.operands
  const port = numberIn(question, 65_535, 'NAME|PORT')
  return one(context, 'services', () => {
    const found =
      port === undefined ? getservbyname(question, transport) : getservbyport(port, transport)
    return found && serviceAnswer(found)
  })
}

/** A protocol by its name or its number: getprotobyname(3), getprotobynumber(3). */
export function protocol(context: CommandContext<PlainOptions>): Promise<number> {
  const [question = ''] = context.operands
  const number = numberIn(question, 255, 'NAME|NUMBER')
  return one(context, 'protocols', () => {
    const found = number === undefined ? getprotobyname(question) : getprotobynumber(number)
    return found && protocolAnswer(found)
  })
}

/** A whole database: gethostent(3), getservent(3), getprotoent(3). */
export function entries(
  context: CommandContext<PlainOptions>,
  database: Database,
): Promise<number> {
  const sources = sourcesOf(database)
  return runLookup(context, { command: database, sources: [sources] }, async (emit) => {
    const answers = ALL[database]()
    if (answers.length === 0) throw emptyDatabase(database)
    for (const answer of answers) emit(answer)
    return null
  })
}

const ALL: Readonly<Record<Database, () => LookupAnswer[]>> = {
  hosts: () => gethostent().map(hostAnswer),
  services: () => getservent().map(serviceAnswer),
  protocols: () => getprotoent().map(protocolAnswer),
}

function one(
  context: CommandContext<PlainOptions>,
  database: 'services' | 'protocols',
  ask: () => LookupAnswer | undefined,
): Promise<number> {
  const sources = sourcesOf(database)
  const command = database === 'services' ? 'service' : 'protocol'
  return runLookup(context, { command, sources: [sources] }, async (emit) => {
    const answer = ask()
    if (answer === undefined) throw notFound(database, context.operands.join(' '))
    emit(answer)
    return answeredBy(sources, () => JSON.stringify(ask()) === JSON.stringify(answer))
  })
}

/** Digits are a number, anything else a name. */
function numberIn(question: string, maximum: number, field: string): number | undefined {
  if (!/^\d+$/.test(question)) return undefined
  const number = Number(question)
  if (number <= maximum) return number
  throw new UsageError(field, question, `a number is 0 to ${maximum}`)
}

function serviceAnswer(entry: ServiceEntry): LookupAnswer {
  return { kind: 'service', ...entry }
}

function protocolAnswer(entry: ProtocolEntry): LookupAnswer {
  return { kind: 'protocol', ...entry }
}

/** A host by its name, or by its address: gethostbyname(3), gethostbyaddr(3). Without either, this one. */
export function host(context: CommandContext<HostOptions>): Promise<number> {
  const [name = hostname()] = context.operands
  const family = ipFamily(context.options)
  const sources = sourcesOf('hosts')
  return runLookup(context, { command: 'host', sources: [sources] }, async (emit) => {
    const answers = await askHost(name, family)
    for (const answer of answers) emit(answer)
    const asBefore = JSON.stringify(answers)
    return answeredBy(sources, async () => {
      const again = await askHost(name, family).catch(() => [])
      return JSON.stringify(again) === asBefore
    })
  })
}

async function askHost(name: string, family: 4 | 6 | undefined): Promise<LookupAnswer[]> {
  const address = inetPton(name)
  if (address !== undefined) return [hostAnswer(await gethostbyaddr(address, name))]
  if (family !== undefined)
    return [hostAnswer(await gethostbyname(name, family === 4 ? 'IPv4' : 'IPv6'))]
  return eitherFamily(name)
}

/** A name may well have addresses of one family only; when it has none, IPv4's error says why. */
async function eitherFamily(name: string): Promise<LookupAnswer[]> {
  const asked = await Promise.all(
    (['IPv4', 'IPv6'] as const).map((family) => gethostbyname(name, family).catch(asError)),
  )
  const found = asked.flatMap((each) => (each instanceof Error ? [] : [each]))
  if (found.length === 0) throw asked[0]
  return found.map(hostAnswer)
}

function asError(error: unknown): ResolverError {
  if (error instanceof ResolverError) return error
  throw error
}

/** As it is told. */
export function hostAnswer({ name, aliases, family, addresses }: HostEntry): LookupAnswer {
  return { kind: 'host', name, aliases, family, addresses: addresses.map(inetNtop) }
}
