import { findApp } from '@sockyard/catalog'
import { formatAddress } from '@sockyard/net/address'
import { NetworkError } from '@sockyard/net/errors'
import { MULTICAST_PING_PORT } from '@sockyard/protocol/multicast-ping'

import { anySourceMulticast, sourceSpecificMulticast } from '../checks/multicast/multicast.ts'
import { sctpAssociation } from '../checks/sctp/association.ts'
import { type ConnectFacts, tcpConnect } from '../checks/tcp/connect.ts'
import { tcpIdle } from '../checks/tcp/idle.ts'
import { tcpPathMtu } from '../checks/tcp/path-mtu.ts'
import { tcpTransfer } from '../checks/tcp/transfer.ts'
import { udpLoss } from '../checks/udp/loss.ts'
import { udpSizes } from '../checks/udp/sizes.ts'
import { stamp } from '../checks/udp/stamp.ts'
import { timeOffset } from '../checks/udp/time-offset.ts'
import { STAMP_PORT } from '../config.ts'
import { type Check, type CheckContext, type Profile, type Verdict, verdict } from '../run/check.ts'
import { type OnResult, resultOf } from './run-report.ts'

/** What is asked of a service at one address. */
interface Asked {
  context: CheckContext
  profile: Profile
  onResult: OnResult
  /** Where it is not, one that was not asked for by name is skipped. */
  isExpected: boolean
}

/** A service by which the way to a host is surveyed. */
export interface Service {
  port: number
  survey: (asked: Asked) => Promise<void>
}

/** One more check of a service that is there, whatever its facts are. */
interface Step {
  name: string
  isWanted: (asked: Asked) => boolean
  run: (asked: Asked) => Promise<void>
}

/** By the scheme that names each: `udp://HOST`. */
export const SERVICES = {
  tcp: service(portOf('tcp-echo'), {
    first: tcpConnect,
    others: [
      step(tcpPathMtu),
      step(tcpTransfer),
      step(tcpIdle, ({ idleMillis }) => idleMillis.length > 0),
    ],
    whyNoMore: whyNoEcho,
  }),
  udp: service(portOf('udp-echo'), {
    first: udpLoss,
    others: [step(udpSizes)],
    whyNoMore: ({ received }) => (received === 0 ? 'nothing is answered' : undefined),
  }),
  stamp: service(STAMP_PORT, {
    first: stamp,
    others: [step(timeOffset)],
    whyNoMore: ({ received }) => (received === 0 ? 'nothing is answered' : undefined),
  }),
  sctp: service(portOf('sctp-echo'), {
    first: sctpAssociation,
    others: [],
    whyNoMore: () => undefined,
  }),
  multicast: service(MULTICAST_PING_PORT, {
    first: anySourceMulticast,
    others: [step(sourceSpecificMulticast)],
    whyNoMore: ({ unicast, multicast }) =>
      unicast.received + multicast.received === 0 ? 'no server answers' : undefined,
  }),
} as const satisfies Record<string, Service>

export type ServiceName = keyof typeof SERVICES

export const SERVICE_NAMES = Object.keys(SERVICES) as ServiceName[]

export function isService(name: string): name is ServiceName {
  return Object.hasOwn(SERVICES, name)
}

function portOf(app: string): number {
  return findApp(app)?.endpoints[0]?.port ?? 7
}

/** What needs an echo is skipped where there is none. */
function whyNoEcho({ connected, echoes }: ConnectFacts): string | undefined {
  if (connected === 0) return 'there is no connection'
  return echoes ? undefined : 'the service does not echo'
}

interface Checks<Facts extends object> {
  first: Check<Facts>
  others: readonly Step[]
  /** Why the others can find nothing. */
  whyNoMore: (facts: Facts) => string | undefined
}

function service<Facts extends object>(
  port: number,
  { first, others, whyNoMore }: Checks<Facts>,
): Service {
  return {
    port,
    async survey(asked) {
      const found = await runCheck(first, asked)
      if (found === 'missing') return
      const reason = found === undefined ? 'there is no connection' : whyNoMore(found)
      for (const { name, isWanted, run } of others) {
        if (!isWanted(asked)) continue
        if (reason === undefined) await run(asked)
        else asked.onResult(resultOf(name, placeOf(asked), verdict('skipped', reason), {}))
      }
    },
  }
}

function step<Facts extends object>(
  check: Check<Facts>,
  isPossible: (context: CheckContext) => boolean = () => true,
): Step {
  return {
    name: check.name,
    isWanted: ({ profile, context }) => check.profiles.includes(profile) && isPossible(context),
    run: async (asked) => void (await runCheck(check, asked)),
  }
}

/** @returns the facts; `missing` where there is no such service, undefined when the network ended the check */
async function runCheck<Facts extends object>(
  check: Check<Facts>,
  asked: Asked,
): Promise<Facts | 'missing' | undefined> {
  const conclude = (found: Verdict, facts: object): void =>
    asked.onResult(resultOf(check.name, placeOf(asked), found, facts))
  try {
    const facts = await check.gather(asked.context)
    const missing = asked.isExpected ? undefined : check.missing?.(facts)
    conclude(missing === undefined ? check.judge(facts) : verdict('skipped', missing), facts)
    return missing === undefined ? facts : 'missing'
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    conclude(verdict('fail', error.message), { errorClass: error.errorClass })
    return undefined
  }
}

function placeOf({ context: { peer } }: Asked): string {
  return formatAddress(peer.address, peer.port)
}
