import { UsageError } from '@sockyard/cli/errors'
import { eventLine } from '@sockyard/cli/text'
import { resolveTarget } from '@sockyard/net/address'
import { isMulticast } from '@sockyard/protocol/multicast'
import { MULTICAST_PING_PORT } from '@sockyard/protocol/multicast-ping'
import type { SurveyMulticastPingEvent } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import { judgeMulticastPair } from '../checks/multicast/pair-verdict.ts'
import type { PingMulticastOptions } from '../config.ts'
import { pingMulticast } from './ping.ts'
import { endText, replyText, startText } from './report.ts'

/** Of the admin endpoint. */
const REPLIES = {
  name: 'sockyard_multicast_ping_replies_total',
  help: 'Replies of Multicast Ping, by the way they took',
}

/**
 * Asks a Multicast Ping server, and reports the multicast replies beside their unicast twins.
 *
 * @returns 0 when multicast arrives, 1 when it or the path is broken
 * @throws {UsageError} when the group is none, or not of the server's family
 * @throws {NetworkError} when there is no way to the server, or it does not send to the group
 */
export async function runPingMulticast(
  context: CommandContext<PingMulticastOptions>,
): Promise<number> {
  const { options, signal, stdout, log } = context
  const [host, group] = context.operands
  if (host === undefined)
    throw new UsageError('HOST', undefined, 'HOST[:PORT]', 'missing argument HOST (HOST[:PORT])')
  const [server] = await resolveTarget(host, {
    defaultPort: MULTICAST_PING_PORT,
    family: ipFamily(options) ?? familyOf(group),
    signal,
  })
  if (group !== undefined && (!isMulticast(group) || familyOf(group) !== server.family))
    throw new UsageError('GROUP', group, `must be an IPv${server.family} multicast group`)
  const emit = (event: SurveyMulticastPingEvent['event'], data: object, text: string): void =>
    void stdout.write(options.json ? eventLine(event, data) : `${text}\n`)
  const replies = { unicast: 0, multicast: 0 }
  await using _admin = await context.openAdmin({
    counted: REPLIES,
    counts: () => replies,
    isReady: () => replies.unicast > 0,
  })
  const facts = await pingMulticast({
    server,
    group,
    interface: options.interface,
    count: options.count === 0 ? undefined : options.count,
    intervalMillis: options.interval,
    waitMillis: options.wait,
    signal,
    log,
    onStart(agreed) {
      const start = { address: server.address, port: server.port, ...agreed }
      emit('start', start, startText(start))
    },
    onReply({ way, sequence, hops, rttMicros }) {
      replies[way] += 1
      emit('sample', { way, sequence, hops, rttMicros }, replyText(way, sequence, hops, rttMicros))
    },
  })
  const verdict = judgeMulticastPair(facts)
  emit('end', { ...facts, ...verdict }, endText(facts, verdict))
  return verdict.status === 'fail' ? 1 : 0
}

function familyOf(group: string | undefined): 4 | 6 | undefined {
  return group === undefined ? undefined : group.includes(':') ? 6 : 4
}
