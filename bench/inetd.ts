import { mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'

import type { Benchmark, Contestant } from './harness/benchmark.ts'
import { CPU_MEASURES, type Loads, openServer } from './harness/loaded-servers.ts'

const FOLDER = join(import.meta.dirname, 'node_modules/.cache')
const WARM_UP_SECONDS = 1

/** Every limit is out of the way of one client. */
const LIMITS = ['--starts-per-minute', 1_000_000, '--max-children', 10_000]

const loads: Loads = {
  '1 at a time': { c: 'tcp-connect-load', args: [1], warmUpSeconds: WARM_UP_SECONDS },
  '8 at a time': { c: 'tcp-connect-load', args: [8], warmUpSeconds: WARM_UP_SECONDS },
}

const line = (port: number, wait: string, user: string) =>
  `127.0.0.1:${port} stream tcp ${wait} ${user} /bin/cat cat\n`

/** An inetd.conf that starts cat(1) for each connection. @returns its path */
function configuration(name: string, content: string): string {
  const file = join(FOLDER, `inetd-${name}.conf`)
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(file, content)
  return file
}

/** Its configuration is written when it is started. */
function ours(name: string, user: string): Contestant {
  return {
    name: `ours, ${name}`,
    kind: 'ours',
    open: () => {
      const config = configuration(name.replace(' ', '-'), line(0, 'nowait', user))
      const args = ['serve', '--config', config, ...LIMITS]
      return openServer({ app: 'inetd', args }, loads)
    },
  }
}

/** In the foreground, with as many starts a minute as there can be. */
function openbsd(name: string, user: string): Contestant {
  const config = (port: number) =>
    configuration(`openbsd-${name}`.replace(' ', '-'), line(port, 'nowait.1000000', user))
  return {
    name: `openbsd-inetd, ${name}`,
    kind: 'classic',
    open: () => openServer({ path: 'inetd', args: (port) => ['-i', config(port)] }, loads),
  }
}

export const inetd: Benchmark = {
  name: 'inetd',
  title: 'inetd: programs a second',
  about: `Connect, 64 B to cat(1) and back, FIN from the client, FIN from the program; then the next. Each connection starts
a program, and most of the time is that of cat itself. Where the program runs as another user than inetd (\`nobody\`, as
root only), a process of that user starts it for ours.`,
  baseline: 'openbsd-inetd, same user',
  measures: [{ name: 'rate', label: 'programs/s', better: 'more' }, ...CPU_MEASURES],
  cases: Object.keys(loads),
  contestants: [
    openbsd('same user', userInfo().username),
    ours('same user', '-'),
    ...(userInfo().uid === 0 ? [openbsd('nobody', 'nobody'), ours('nobody', 'nobody')] : []),
  ],
  chart: 'bars',
}
