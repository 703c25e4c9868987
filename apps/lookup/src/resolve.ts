import { UsageError } from '@sockyard/cli/errors'
import {
  type AddressInfo,
  type AddressInfoHints,
  getaddrinfo,
  getprotobyname,
} from '@sockyard/posix/netdb'
import { inetNtop } from '@sockyard/posix/socket'
import type { LookupAnswer } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import { addressInfoFlags, type ResolveOptions } from './config.ts'
import { explainOrder, nodeOrder } from './explain.ts'
import { answeredBy, sourcesOf } from './name-service.ts'
import { addressText } from './numeric-address.ts'
import { runLookup, type Emit } from './run-lookup.ts'

/** An operand that stands for the null pointer. */
const NONE = '-'

/** The addresses of a host and the port of a service: getaddrinfo(3). */
export function resolve(context: CommandContext<ResolveOptions>): Promise<number> {
  const { options } = context
  const [host, service] = context.operands.map((word) => (word === NONE ? undefined : word))
  const hints = hintsOf(options)
  const hosts = sourcesOf('hosts')
  const sources = [
    ...(host === undefined || options.aiNumerichost ? [] : [hosts]),
    ...(service === undefined || options.aiNumericserv ? [] : [sourcesOf('services')]),
  ]
  return runLookup(context, { command: 'resolve', sources }, async (emit) => {
    const found = await getaddrinfo(host, service, hints)
    if (options.explain) await emitExplained(emit, { host, found, options })
    else for (const each of found) emit(addressAnswer(each))
    if (host === undefined || (await isNumeric(host))) return null
    return answeredBy(hosts, async () => {
      const again = await getaddrinfo(host, service, hints).catch(() => [])
      return sorted(again) === sorted(found)
    })
  })
}

function hintsOf(options: ResolveOptions): AddressInfoHints {
  const family = ipFamily(options)
  return {
    family: family && (family === 4 ? 'IPv4' : 'IPv6'),
    socketType: options.socktype,
    protocol: protocolNumber(options.protocol),
    flags: addressInfoFlags(options),
  }
}

function protocolNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = /^\d+$/.test(text) ? Number(text) : getprotobyname(text)?.number
  if (number !== undefined && number <= 255) return number
  throw new UsageError('--protocol', text, 'must be a protocol of protocols(5), or 0 to 255')
}

interface Resolved {
  host: string | undefined
  found: readonly AddressInfo[]
  options: ResolveOptions
}

/** With a reason for each, and the order that Node has. */
async function emitExplained(emit: Emit, { host, found, options }: Resolved): Promise<void> {
  const reasons = await explainOrder(found)
  for (const each of found) {
    const explanation = reasons.get(addressText(each.address))
    emit({ ...addressAnswer(each), ...(explanation && { explanation }) })
  }
  if (host !== undefined) emit(await nodeOrder(host, ipFamily(options), found))
}

function addressAnswer(info: AddressInfo): Extract<LookupAnswer, { kind: 'address' }> {
  const { address, socketType = null, canonicalName = null } = info
  const { family, port } = address
  const text = addressText(address)
  const type = { socketType, protocolNumber: info.protocol }
  return { kind: 'address', family, address: text, port, ...type, canonicalName }
}

async function isNumeric(host: string): Promise<boolean> {
  const numeric = getaddrinfo(host, undefined, { flags: ['AI_NUMERICHOST'] })
  return numeric.then(
    () => true,
    () => false,
  )
}

/** A name server may turn its answer around from one question to the next. */
function sorted(found: readonly AddressInfo[]): string {
  return found
    .map(({ address }) => inetNtop(address.bytes))
    .toSorted()
    .join(' ')
}
