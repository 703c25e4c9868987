import { hostname } from 'node:os'

import { gethostbyaddr, gethostbyname, type HostEntry } from '@sockyard/posix/netdb-hosts'
import { bytesToPresentation, presentationToBytes } from '@sockyard/posix/presentation'
import { ResolverError } from '@sockyard/posix/resolver-error'
import type { LookupAnswer } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'

import type { HostOptions } from './config.ts'
import { answeredBy, sourcesOf } from './name-service.ts'
import { runLookup } from './run-lookup.ts'

/** A host by its name, or by its address: gethostbyname(3), gethostbyaddr(3). Without either, this one. */
export function host(context: CommandContext<HostOptions>): Promise<number> {
  const [name = hostname()] = context.operands
  const family = ipFamily(context.options)
  const sources = sourcesOf('hosts')
  return runLookup(context, { command: 'host', sources: [sources] }, async (tell) => {
    const answers = await ask(name, family)
    for (const answer of answers) tell(answer)
    const asBefore = JSON.stringify(answers)
    return answeredBy(sources, async () => {
      const again = await ask(name, family).catch(() => [])
      return JSON.stringify(again) === asBefore
    })
  })
}

async function ask(name: string, family: 4 | 6 | undefined): Promise<LookupAnswer[]> {
  const address = presentationToBytes(name)
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
  return { kind: 'host', name, aliases, family, addresses: addresses.map(bytesToPresentation) }
}
