import { UsageError } from '@sockyard/cli/errors'
import { parseTarget, type ResolvedAddress, resolveTarget } from '@sockyard/net/address'
import { NetworkError } from '@sockyard/net/errors'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { idleLadder } from '../checks/tcp/idle.ts'
import type { HostOptions } from '../config.ts'
import { verdict } from '../run/check.ts'
import { createRunReport, type RunReport } from './run-report.ts'
import { type Service, SERVICES } from './services.ts'

type Context = CommandContext<HostOptions>

const LONG_IDLE_MILLIS = 600_000
const SCHEMES = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
  Object.keys(SERVICES).map((name) => `${name}://`),
)

/**
 * Surveys the way to each host, by the services there; each address of a host, as one of several may be dead. An
 * interrupt ends it with the report so far.
 *
 * @returns 0 when nothing failed, 1 otherwise
 * @throws {UsageError} without a host
 */
export async function runHost({ options, operands, signal, stdout }: Context): Promise<number> {
  if (operands.length === 0)
    throw new UsageError('HOST', undefined, 'is missing', 'missing argument HOST[:PORT]')
  const targets = operands.map((operand) => parseOperand(operand))
  const { profile, wait: waitMillis } = options
  const report = createRunReport(stdout, options.json)
  report.start({ profile, hosts: [...operands], waitMillis })
  const longest = options.idle ?? (profile === 'long' ? LONG_IDLE_MILLIS : undefined)
  const idleMillis = longest === undefined ? [] : idleLadder(longest)
  try {
    for (const { host, services } of targets)
      for (const address of await addressesOf(host, signal, report))
        for (const { service, port, isExpected } of services) {
          const context = { peer: { ...address, port }, waitMillis, idleMillis, signal }
          await service.survey({ context, profile, report, isExpected })
        }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return report.end(signal.aborted)
}

interface Target {
  host: string
  services: { service: Service; port: number; isExpected: boolean }[]
}

/**
 * `HOST` is asked by every service, `HOST:PORT` by the TCP echo there, `udp://HOST[:PORT]` and its like by that one.
 *
 * @throws {ConfigurationError} when it is none of these
 */
function parseOperand(operand: string): Target {
  const [, scheme, target = operand] = /^([a-z]+):\/\/(.*)$/.exec(operand) ?? []
  const named = scheme ?? (hasPort(target) ? 'tcp' : undefined)
  if (named === undefined) return { host: parseTarget(target, 1).host, services: everyService() }
  if (!isService(named)) throw new UsageError('HOST', operand, `must begin with ${SCHEMES}`)
  const service = SERVICES[named]
  const { host, port } = parseTarget(target, service.port)
  return { host, services: [{ service, port, isExpected: true }] }
}

function everyService(): Target['services'] {
  return Object.entries(SERVICES).map(([name, service]) => ({
    service,
    port: service.port,
    isExpected: name === 'tcp',
  }))
}

function isService(name: string): name is keyof typeof SERVICES {
  return Object.hasOwn(SERVICES, name)
}

function hasPort(target: string): boolean {
  return parseTarget(target, 1).port === parseTarget(target, 2).port
}

/** @returns none when the name has none; the report says so, and other hosts go on */
async function addressesOf(
  host: string,
  signal: AbortSignal,
  report: RunReport,
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
    report.sample('names', host, found, { errorClass: error.errorClass })
    return []
  }
}
