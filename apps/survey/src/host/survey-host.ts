import { findApp } from '@sockyard/catalog'
import { UsageError } from '@sockyard/cli/errors'
import { formatAddress, resolveTarget } from '@sockyard/net/address'
import { NetworkError } from '@sockyard/net/errors'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { type ConnectFacts, tcpConnect } from '../checks/tcp/connect.ts'
import { idleLadder, tcpIdle } from '../checks/tcp/idle.ts'
import { tcpPathMtu } from '../checks/tcp/path-mtu.ts'
import { tcpTransfer } from '../checks/tcp/transfer.ts'
import type { HostOptions } from '../config.ts'
import { type Check, type CheckContext, type Verdict, verdict } from '../run/check.ts'
import { createRunReport, type RunReport } from './run-report.ts'

type Context = CommandContext<HostOptions>

const LONG_IDLE_MILLIS = 600_000

/**
 * Surveys the way to each host, by its TCP echo service; each address of a host, as one of several may be dead. An
 * interrupt ends it with the report so far.
 *
 * @returns 0 when nothing failed, 1 otherwise
 * @throws {UsageError} without a host
 */
export async function runHost({ options, operands, signal, stdout }: Context): Promise<number> {
  if (operands.length === 0)
    throw new UsageError('HOST', undefined, 'is missing', 'missing argument HOST[:PORT]')
  const { profile, wait: waitMillis } = options
  const report = createRunReport(stdout, options.json)
  report.start({ profile, hosts: [...operands], waitMillis })
  const longest = options.idle ?? (profile === 'long' ? LONG_IDLE_MILLIS : undefined)
  const idleMillis = longest === undefined ? [] : idleLadder(longest)
  try {
    for (const host of operands)
      for (const peer of await addressesOf(host, signal, report))
        await surveyAddress({ peer, waitMillis, idleMillis, signal }, profile, report)
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return report.end(signal.aborted)
}

/** @returns none when the name has none; the report says so, and other hosts go on */
async function addressesOf(host: string, signal: AbortSignal, report: RunReport) {
  const defaultPort = findApp('tcp-echo')?.endpoints[0]?.port ?? 7
  try {
    return await resolveTarget(host, { defaultPort, signal })
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

/** A check of the survey, whatever its facts are. */
interface Step {
  name: string
  isWanted: (profile: HostOptions['profile'], context: CheckContext) => boolean
  run: (context: CheckContext, report: RunReport) => Promise<void>
}

const ECHO_STEPS: readonly Step[] = [
  step(tcpPathMtu),
  step(tcpTransfer),
  step(tcpIdle, ({ idleMillis }) => idleMillis.length > 0),
]

function step<Facts extends object>(
  check: Check<Facts>,
  isPossible: (context: CheckContext) => boolean = () => true,
): Step {
  return {
    name: check.name,
    isWanted: (profile, context) => check.profiles.includes(profile) && isPossible(context),
    run: async (context, report) => void (await runCheck(check, context, report)),
  }
}

async function surveyAddress(
  context: CheckContext,
  profile: HostOptions['profile'],
  report: RunReport,
): Promise<void> {
  const reason = whyNoMore(await runCheck(tcpConnect, context, report))
  for (const { name, isWanted, run } of ECHO_STEPS) {
    if (!isWanted(profile, context)) continue
    if (reason === undefined) await run(context, report)
    else report.sample(name, placeOf(context), verdict('skipped', reason), {})
  }
}

/** What needs an echo is skipped where there is none. */
function whyNoMore(facts: ConnectFacts | undefined): string | undefined {
  if (facts === undefined || facts.connected === 0) return 'there is no connection'
  return facts.echoes ? undefined : 'the service does not echo'
}

/** @returns the facts, or undefined when the network ended the check */
async function runCheck<Facts extends object>(
  check: Check<Facts>,
  context: CheckContext,
  report: RunReport,
): Promise<Facts | undefined> {
  const conclude = (found: Verdict, facts: object): void =>
    report.sample(check.name, placeOf(context), found, facts)
  try {
    const facts = await check.gather(context)
    conclude(check.judge(facts), facts)
    return facts
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    conclude(verdict('fail', error.message), { errorClass: error.errorClass })
    return undefined
  }
}

function placeOf({ peer }: CheckContext): string {
  return formatAddress(peer.address, peer.port)
}
