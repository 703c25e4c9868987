import { createEchoPingReporter } from '@sockyard/probe/echo-ping-reporter'
import { RoundTripTotals } from '@sockyard/probe/round-trip-totals'
import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { NetworkError } from '@sockyard/service/errors'
import { parseTarget, resolveTarget } from '@sockyard/service/resolve'

import { associateWith, type ClientAssociation } from './client-association.ts'
import { DEFAULT_PORT, type PingOptions } from './config.ts'
import { endOf, probesPerSecond, startOf } from './ping-report.ts'
import { pingAll } from './ping-run.ts'
import { Pinger } from './pinger.ts'
import { endpointParameters } from './protocol-options.ts'
import { withDeadline } from './with-deadline.ts'

/** Measures round trips. @returns the exit code: 1 when a probe was lost or came back wrong */
export async function ping(context: CommandContext<PingOptions>): Promise<number> {
  const { options, operands, log, now } = context
  const totals = new RoundTripTotals()
  const reporter = reporterOf(context, totals)
  const pinger = new Pinger({
    totals,
    size: options.size,
    waitMillis: options.wait,
    now,
    onOutcome: (sequence, outcome, rttMicros) =>
      reporter.sample({ connection: 0, sequence, sizeBytes: options.size, outcome, rttMicros }),
  })
  const associate = () => associateForPing(context, pinger)
  const first = await associate().catch((error: unknown) => {
    if (options.json && error instanceof NetworkError) reporter.end(endOf(totals, error))
    throw error
  })
  const { host } = parseTarget(operands[0] ?? '', DEFAULT_PORT)
  reporter.start(startOf(host, first.target, options))
  const signal = withDeadline(context.signal, options.deadline)
  const reporting = reporter.eachSecond()
  const failure = await pingAll(pinger, first, { options, signal, log, associate })
  reporting[Symbol.dispose]()
  reporter.end(endOf(totals, failure))
  const { lost, malformed } = totals.tallies
  return failure === undefined && lost === 0 && malformed === 0 ? 0 : 1
}

function reporterOf(context: CommandContext<PingOptions>, totals: RoundTripTotals) {
  const { options, stdout, isTerminal } = context
  const { json, quiet } = options
  return createEchoPingReporter({
    write: (text) => stdout.write(text),
    json,
    quiet,
    isTerminal,
    probesPerSecond: probesPerSecond(options),
    totals,
  })
}

/** Looks the name up and sets the association up; at most `--wait` for each of its addresses. */
async function associateForPing(
  context: CommandContext<PingOptions>,
  pinger: Pinger,
): Promise<ClientAssociation> {
  const { options, operands, signal } = context
  const how = { defaultPort: DEFAULT_PORT, family: ipFamily(options), signal }
  return associateWith(await resolveTarget(operands[0] ?? '', how), {
    udpPort: options.udpPort,
    streams: options.streams,
    waitMillis: options.wait,
    parameters: endpointParameters(options),
    signal,
    onMessage: (message) => pinger.receive(message),
  })
}
