import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

import { type SurveyDoctorEvent, surveyDoctorEvent } from '@sockyard/protocol/results'
import type { TwoHosts } from '@sockyard/testkit/network'
import { RunningApp } from '@sockyard/testkit/process'

/** What the doctor finds about one target. */
export type Sample = Extract<SurveyDoctorEvent, { event: 'sample' }>['data']

const repository = new URL('../../../', import.meta.url)

/** The verdicts of one run; each line is valid by the published schema. */
export function verdicts(stdout: string): Sample[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => surveyDoctorEvent.parse(JSON.parse(line)))
    .flatMap((line) => (line.event === 'sample' ? [line.data] : []))
}

/** Runs a command in a network namespace. */
export function on(host: string, command: string): void {
  const { status, stderr } = spawnSync('ip', ['netns', 'exec', host, ...command.split(' ')])
  if (status !== 0) throw new Error(`${command}: ${String(stderr)}`)
}

/** The standard output, standard error and exit code of a program in a network namespace. */
export async function runOn(host: string, ...command: string[]) {
  const child = spawn('ip', ['netns', 'exec', host, ...command], { cwd: repository })
  const exit = once(child, 'close') as Promise<[number | null]>
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await exit
  return { code, stdout, stderr }
}

/** The command that runs an app. */
const commandOf = (app: string): [string, string] => [process.execPath, `apps/${app}/src/main.ts`]

/** An app in a network namespace, to its end. */
export function runAppOn(host: string, app: string, ...args: string[]) {
  return runOn(host, ...commandOf(app), ...args)
}

/** An app in a network namespace. */
export function start(host: string, app: string, args: string[]): RunningApp {
  const command = ['netns', 'exec', host, ...commandOf(app), ...args]
  return new RunningApp(spawn('ip', command, { cwd: repository }))
}

/** Asks the doctor in a network namespace. */
export async function examine(host: string, ...args: string[]): Promise<Sample | undefined> {
  return (await examineAll(host, ...args))[0]
}

/** As `examine`, where one question has several verdicts. */
export async function examineAll(host: string, ...args: string[]): Promise<Sample[]> {
  const command = ['netns', 'exec', host, process.execPath, 'apps/survey/src/main.ts', 'doctor']
  const child = spawn('ip', [...command, ...args, '--json'], { cwd: repository })
  return verdicts(await text(child.stdout))
}

/** Another interface of a host, on a cable that leads nowhere. */
export function cable(host: string, name: string): void {
  on(host, `ip link add ${name} type veth peer name ${name}-end`)
  for (const end of [name, `${name}-end`]) on(host, `ip link set ${end} up`)
}

/** Sends to a group by eth0 of a host, until it is disposed of. */
export async function sendTo(
  host: string,
  group: string,
  ...args: string[]
): Promise<AsyncDisposable> {
  const rate = ['-I', 'eth0', '--interval', '50ms', '--json']
  const sender = start(host, 'multicast-sender', ['-g', group, ...rate, ...args])
  await sender.waitForLog(({ event }) => event === 'start')
  return sender
}

/**
 * Puts a switch between two hosts, a bridge in a namespace of its own, that takes itself for the querier and asks no
 * member: an IPv4 membership that is not reported again is forgotten after so many seconds (bridge(8)).
 */
export function forgetfulSwitch(hosts: TwoHosts, seconds: number): Disposable {
  const name = `${hosts.host}-switch`
  hosts.disconnect()
  spawnSync('ip', ['netns', 'add', name])
  const never = 'mcast_query_interval 6000000 mcast_startup_query_interval 6000000'
  const short = `mcast_query_response_interval 10 mcast_membership_interval ${seconds * 100}`
  on(name, `ip link add br0 type bridge mcast_snooping 1 ${never} ${short}`)
  // Afterwards: a querier sends to every port for as long as members have to respond, 10 s if not set before.
  on(name, 'ip link set br0 type bridge mcast_querier 1')
  on(name, 'ip link set br0 up')
  for (const [index, host] of [hosts.host, hosts.peer].entries()) {
    on(name, `ip link add port${index} type veth peer name eth0 netns ${host}`)
    on(name, `ip link set port${index} master br0 up`)
    on(host, `ip addr add 10.77.0.${index + 1}/24 dev eth0`)
    on(host, `ip addr add fd77::${index + 1}/64 dev eth0 nodad`)
    on(host, 'ip link set eth0 up')
    on(host, 'ip route add default dev eth0')
    // Joining is reported twice, the second time within 10 s at random: the switch would remember it for longer.
    on(host, 'sysctl -qw net.ipv4.conf.eth0.igmpv2_unsolicited_report_interval=100')
  }
  return { [Symbol.dispose]: () => void spawnSync('ip', ['netns', 'del', name]) }
}
