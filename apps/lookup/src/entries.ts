import { gethostent } from '@sockyard/posix/netdb-hosts'
import {
  getprotobyname,
  getprotobynumber,
  getprotoent,
  type ProtocolEntry,
} from '@sockyard/posix/netdb-protocols'
import {
  getservbyname,
  getservbyport,
  getservent,
  type ServiceEntry,
} from '@sockyard/posix/netdb-services'
import type { LookupAnswer } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/command'
import { UsageError } from '@sockyard/service/errors'

import type { PlainOptions } from './config.ts'
import { hostAnswer } from './host.ts'
import { emptyDatabase, notFound } from './lookup-error.ts'
import { answeredBy, type Database, sourcesOf } from './name-service.ts'
import { runLookup } from './run-lookup.ts'

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
  return runLookup(context, { command: database, sources: [sources] }, async (tell) => {
    const answers = ALL[database]()
    if (answers.length === 0) throw emptyDatabase(database)
    for (const answer of answers) tell(answer)
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
  return runLookup(context, { command, sources: [sources] }, async (tell) => {
    const answer = ask()
    if (answer === undefined) throw notFound(database, context.operands.join(' '))
    tell(answer)
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
