import { UsageError } from '@sockyard/cli/errors'
import { parseTarget, type ResolvedAddress, resolveTarget } from '@sockyard/net/address'
import { NetworkError } from '@sockyard/net/errors'

import { type CheckContext, type Profile, verdict } from '../run/check.ts'
import { type OnResult, resultOf } from './run-report.ts'
import { isService, type Service, SERVICE_NAMES, SERVICES } from './services.ts'

const SCHEMES = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
  SERVICE_NAMES.map((name) => `${name}://`),
)

/** A host, and by which services the way to it is surveyed. */
export interface Target {
  host: string
  services: { service: Service; port: number; isExpected: boolean }[]
}

export interface SurveyOptions extends Omit<CheckContext, 'peer'> {
  profile: Profile
  onResult: OnResult
  /** Why an address may not be asked; undefined when it may. By default every one may. */
  refusal?: (address: string) => string | undefined
}

/**
 * `HOST` is asked by every service, `HOST:PORT` by the TCP echo there, `udp://HOST[:PORT]` and its like by that one.
 *
 * @throws {ConfigurationError} when it is none of these
 */
export function parseOperand(operand: string): Target {
  const [, scheme, target = operand] = /^([a-z]+):\/\/(.*)$/.exec(operand) ?? []
  const named = scheme ?? (hasPort(target) ? 'tcp' : undefined)
  if (named === undefined) return { host: parseTarget(target, 1).host, services: everyService() }
  if (!isService(named)) throw new UsageError('HOST', operand, `must begin with ${SCHEMES}`)
  const service = SERVICES[named]
  const { host, port } = parseTarget(target, service.port)
  return { host, services: [{ service, port, isExpected: true }] }
}

function everyService(): Target['services'] {
  return SERVICE_NAMES.map((name) => ({
    service: SERVICES[name],
    port: SERVICES[name].port,
    isExpected: name === 'tcp',
  }))
}

function hasPort(target: string): boolean {
  return parseTarget(target, 1).port === parseTarget(target, 2).port
}

/**
 * Surveys the way to one host: each of its addresses, as one of several may be dead.
 *
 * @throws the reason of the signal when it is aborted
 */
export async function surveyTarget(target: Target, options: SurveyOptions): Promise<void> {
  const { profile, onResult, refusal, ...context } = options
  for (const address of await addressesOf(target.host, context.signal, onResult)) {
    const refused = refusal?.(address.address)
    if (refused !== undefined)
      onResult(resultOf('agent', address.address, verdict('skipped', refused), {}))
    else
      for (const { service, port, isExpected } of target.services)
        await service.survey({
          context: { ...context, peer: { ...address, port } },
          profile,
          onResult,
          isExpected,
        })
  }
}

/** @returns none when the name has none; the result says so, and other hosts go on */
async function addressesOf(
  host: string,
  signal: AbortSignal,
  onResult: OnResult,
): Promise<readonly ResolvedAddress[]> {
  try {
    return await resolveTarget(host, { defaultPort: SERVICES.tcp.port, signal })
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    const found = {
      ...verdict('fail', error.message),
      cause: 'the name does not exist, or no name server answers',
      remedy: `sockyard lookup resolve ${host} --explain`,
    }
    onResult(resultOf('names', host, found, { errorClass: error.errorClass }))
    return []
  }
}
