import { udpRelay } from '@sockyard/testkit/network'
import { startApp } from '@sockyard/testkit/process'

import type { Tally } from '../tally.ts'
import type { Targets } from '../yard.ts'
import { pause, type Traffic, type TrafficContext } from './traffic.ts'

/** How long one run of a client takes; then another process goes on. */
const RUN_SECONDS = 60
/** One run in so many is killed half-way, as a client that crashes. */
const KILLED_ONE_IN = 4
/** What a path does that SCTP has to make good. */
const FAULTS = { loss: 0.01, duplicate: 0.01, reorder: 0.01 }

interface Client {
  app: string
  args: readonly (string | number)[]
}

/** The measuring clients of the yard, one run after another: their `end` counts losses and gaps. */
export const measuringClients: Traffic = async (context) => {
  const { targets, random } = context
  const target = { address: '127.0.0.1', port: targets.sctpUdp }
  await using lossy = await udpRelay({ target, ...FAULTS, random })
  const clients = Object.entries(clientsOf(targets, lossy.port))
  await Promise.all(
    clients.map(([name, client], index) => repeat(client, context, context.tally(name), index)),
  )
}

function clientsOf(to: Targets, lossyPort: number): Record<string, Client> {
  return {
    'tcp-echo ping': ping('tcp-echo', to.tcpEcho, 5, '--connections', 4),
    'udp-echo ping': ping('udp-echo', to.udpEcho, 20),
    'inetd echo tcp': ping('tcp-echo', to.inetdEcho, 5),
    'inetd echo udp': ping('udp-echo', to.inetdUdpEcho, 5),
    'sctp-echo ping': ping('sctp-echo', undefined, 10, '--udp-port', to.sctpUdp),
    // Over one stream: what is lost on one does not hold up another, so that several come out of order.
    'sctp-echo over loss': ping(
      'sctp-echo',
      undefined,
      10,
      '--udp-port',
      lossyPort,
      '--streams',
      1,
    ),
    'daytime tcp': query('daytime', to.daytimeTcp, 3),
    'daytime udp': query('daytime', to.daytimeUdp, 3, '--udp'),
    'time udp': query('daytime', to.timeUdp, 3, '--time', '--udp'),
    'sntp query': query('sntp-listener', to.ntp, 10),
  }
}

function ping(
  app: string,
  port: number | undefined,
  perSecond: number,
  ...args: (string | number)[]
): Client {
  const host = port === undefined ? '127.0.0.1' : `127.0.0.1:${port}`
  const pace = ['--interval', `${1000 / perSecond}ms`, '--count', perSecond * RUN_SECONDS]
  return { app, args: ['ping', host, ...pace, ...args] }
}

function query(app: string, port: number, everySeconds: number, ...args: string[]): Client {
  const pace = ['--interval', `${everySeconds}s`, '--count', RUN_SECONDS / everySeconds]
  return { app, args: ['query', `127.0.0.1:${port}`, ...pace, ...args] }
}

async function repeat(
  client: Client,
  context: TrafficContext,
  tally: Tally,
  offset: number,
): Promise<void> {
  const { signal } = context
  // Ten processes that start at once would be a burst, not the traffic of an hour.
  await pause(offset * 1000, signal)
  for (let round = offset; !signal.aborted; round += 1) {
    const isKilled = round % KILLED_ONE_IN === KILLED_ONE_IN - 1
    await (isKilled ? killHalfWay(client, signal) : runOnce(client, signal, tally))
  }
}

/** To its end; at the end of the soak it is stopped, and reports what it has. */
async function runOnce(client: Client, signal: AbortSignal, tally: Tally): Promise<void> {
  await using running = await start(client)
  const stop = (): void => running.kill('SIGINT')
  signal.addEventListener('abort', stop)
  const { code } = await running.exited
  signal.removeEventListener('abort', stop)
  const end = running.lines.find(({ event }) => event === 'end')?.['data']
  if (typeof end === 'object' && end !== null) tally.add({ ...end })
  if (code === 0 || signal.aborted) return
  tally.fail(`exit ${code}: ${running.stderr.trim()} ${JSON.stringify(end ?? null)}`)
  await pause(1000, signal)
}

async function killHalfWay(client: Client, signal: AbortSignal): Promise<void> {
  await using running = await start(client)
  await pause((RUN_SECONDS * 1000) / 2, signal)
  running.kill('SIGKILL')
}

function start({ app, args }: Client) {
  return startApp(app, [...args.map(String), '--quiet', '--json'])
}
