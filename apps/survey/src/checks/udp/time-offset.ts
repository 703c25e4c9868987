import { formatMicros, formatOffset } from '@sockyard/probe/report'

import { type Check, type Verdict, verdict } from '../../run/check.ts'
import type { ClockOffset } from './clock-offset.ts'
import { stampFacts } from './stamp-facts.ts'

export interface TimeFacts {
  sent: number
  received: number
  /** Null where nothing is answered, or not in NTP's format. */
  clock: ClockOffset | null
}

const PACE = { count: 8, intervalMillis: 20 }
/** NTP keeps clocks within tens of milliseconds over the internet (RFC 5905, section 1). */
const TOLERATED_MICROS = 100_000
/** Certificates, tokens and logs of two hosts no longer agree on what came first. */
const BROKEN_MICROS = 1_000_000

/** The clock of a Session-Reflector against ours. */
export const timeOffset: Check<TimeFacts> = {
  name: 'time-offset',
  profiles: ['quick', 'full', 'long'],
  async gather({ peer, waitMillis, signal }) {
    const { sent, received, clock } = await stampFacts(peer, waitMillis, signal, PACE)
    return { sent, received, clock }
  },
  judge: judgeTime,
}

export function judgeTime({ clock, received }: TimeFacts): Verdict {
  if (clock === null)
    return verdict('skipped', received === 0 ? 'nothing is answered' : 'its times are no NTP times')
  const evidence = [formatOffset(clock)]
  const least = Math.abs(clock.offsetMicros) - clock.uncertaintyMicros
  if (least <= TOLERATED_MICROS)
    return { ...verdict('ok', 'its clock and ours agree within 100 ms'), evidence }
  const which = clock.offsetMicros > 0 ? 'ahead of' : 'behind'
  return {
    ...verdict(
      least > BROKEN_MICROS ? 'fail' : 'warn',
      `its clock is ${formatMicros(Math.abs(clock.offsetMicros))} ${which} ours`,
    ),
    evidence,
    cause: 'one of the two clocks is not kept by NTP, or by a server that is wrong',
    remedy: 'chronyc tracking (or timedatectl show-timesync) on both hosts',
    reference: 'RFC 5905, 1',
  }
}
