import { setTimeout as after } from 'node:timers/promises'

import type { LogLine, RunningApp } from '@sockyard/testkit/process'

import { type Benchmark, type Contestant, LeftOutError, type Sample } from './harness/benchmark.ts'
import { privateKiB, residentKiB } from './harness/process-tree.ts'
import { errorOutput } from './harness/server.ts'
import { type Command, startProcess } from './harness/start-process.ts'

/** After that a service has done what it does once it is ready. */
const SETTLING_MILLIS = 1000
const CASE = 'started alone'
const LOCAL = ['--host', '127.0.0.1', '--port', 0]

interface Service {
  name: string
  command: Command
  isReady: (line: LogLine) => boolean
}

const listens = ({ msg, transport }: LogLine): boolean =>
  msg === 'listening' && transport !== 'http'
const sends = ({ event }: LogLine): boolean => event === 'start'

function service(app: string, args: readonly (string | number)[], isReady = listens): Service {
  return { name: app, command: { app, args }, isReady }
}

const SERVICES: readonly Service[] = [
  service('tcp-echo', LOCAL),
  service('udp-echo', LOCAL),
  service('chat', LOCAL),
  service('multicast-sender', ['--interface', '127.0.0.1', '--interval', '1h'], sends),
  service('multicast-receiver', ['--interface', '127.0.0.1', '--group', '239.255.91.1']),
  service('sntp-listener', ['--port', 10_123]),
  service('sntp-server', ['--port', 10_123]),
  service('daytime', []),
  service('inetd', []),
  service('sctp-echo', ['--host', '127.0.0.1', '--udp-port', 0]),
  service('console', LOCAL),
]

async function start({ command, isReady }: Service): Promise<Sample> {
  const began = performance.now()
  await using running = await startProcess(command, 'anywhere')
  await ready(running, isReady)
  const readyMillis = performance.now() - began
  await after(SETTLING_MILLIS)
  return {
    readyMillis,
    privateMegabytes: privateKiB(running.pid) * 0.001024,
    residentMegabytes: residentKiB(running.pid) * 0.001024,
  }
}

async function ready(running: RunningApp, isReady: Service['isReady']): Promise<void> {
  await running.waitForLog(isReady).catch((error: unknown) => {
    throw new LeftOutError(errorOutput(running), { cause: error })
  })
}

function contestant(entry: Service): Contestant {
  const subject = {
    sample: () => start(entry),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  return { name: entry.name, kind: 'ours', open: () => Promise.resolve(subject) }
}

export const services: Benchmark = {
  name: 'services',
  title: 'Each service: time to start, memory when idle',
  about:
    'From the start of the process to the line that says it is ready, on whatever core is free; the memory a second later. Private memory is anonymous (RssAnon): what the service holds for itself. Resident memory also counts the pages of Node’s own binary in the page cache, which all services share.',
  measures: [
    { name: 'readyMillis', label: 'ready, ms', better: 'less' },
    { name: 'privateMegabytes', label: 'private, MB', better: 'less' },
    { name: 'residentMegabytes', label: 'resident, MB', better: 'less' },
  ],
  cases: [CASE],
  contestants: SERVICES.map(contestant),
  chart: 'bars',
}
