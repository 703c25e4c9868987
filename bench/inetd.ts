import { mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'

import type { Benchmark, Contestant } from './harness/benchmark.ts'
import { CPU_MEASURES, type Loads, openServer } from './harness/loaded-servers.ts'

const FOLDER = join(import.meta.dirname, 'node_modules/.cache')
const WARM_UP_SECONDS = 0.3

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
const OPENBSD: Contestant = {
  name: 'openbsd-inetd',
  kind: 'classic',
  open: () =>
    openServer({ path: 'inetd', args: (port) => ['-i', openbsdConfiguration(port)] }, loads),
}

function openbsdConfiguration(port: number): string {
  return configuration('openbsd', line(port, 'nowait.1000000', userInfo().username))
}

export const inetd: Benchmark = {
  name: 'inetd',
  title: 'inetd: programs a second',
  about: `Connect, 64 B to cat(1) and back, FIN from the client, FIN from the program; then the next. Each connection starts
a program, and most of the time is that of cat itself. Where the program runs as another user than inetd (\`nobody\`, as
root only), Node has to fork for it.`,
  baseline: 'openbsd-inetd',
  measures: [{ name: 'rate', label: 'programs/s', better: 'more' }, ...CPU_MEASURES],
  cases: Object.keys(loads),
  contestants: [
    OPENBSD,
    ours('same user', '-'),
    ...(userInfo().uid === 0 ? [ours('nobody', 'nobody')] : []),
  ],
  chart: 'bars',
}
