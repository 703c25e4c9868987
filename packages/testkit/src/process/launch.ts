import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import type { MemoryCgroup } from './memory-cgroup.ts'
import { RunningApp } from './running-app.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Where and how an app is started. */
export interface LaunchOptions {
  /** Added to the environment of the tests; `SOCKYARD_LOG_FORMAT` is json and `SOCKYARD_ADMIN_PORT` is 0 by default. */
  env?: Readonly<Record<string, string>>
  /** The network namespace to start it in (ip-netns(8)); needs root. */
  namespace?: string
  /** The most descriptors that it may have open (ulimit -n). */
  descriptors?: number
  /** Whose limit holds for it from its first instruction. */
  cgroup?: MemoryCgroup
}

/**
 * Starts an app as its users do: Node, from the root of the repository.
 *
 * @param app a folder of `apps`, or the path of a script (for tests of the testkit itself)
 */
function launch(
  app: string,
  args: readonly string[],
  options: LaunchOptions = {},
): ChildProcessWithoutNullStreams {
  const { namespace, descriptors, cgroup } = options
  const enter = `echo $$ >${cgroup?.processesFile}; exec "$0" "$@"`
  const confined = cgroup === undefined ? [] : ['sh', '-c', enter]
  const inside = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]
  const limit = `ulimit -n ${descriptors}; exec "$0" "$@"`
  const limited = descriptors === undefined ? [] : ['sh', '-c', limit]
  const program = [process.execPath, scriptOf(app), ...args]
  const [command = '', ...words] = [...confined, ...inside, ...limited, ...program]
  return spawn(command, words, {
    cwd: root,
    env: { ...environment(), ...options.env },
  })
}

/** Where the entry of an app is, from the root of the repository. */
function scriptOf(app: string): string {
  return app.endsWith('.ts') ? app : `apps/${app}/src/main.ts`
}

/** Settings by which every started app is readable by a test and never takes a port of another. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, SOCKYARD_LOG_FORMAT: 'json', SOCKYARD_ADMIN_PORT: '0' }
}

/** What an app did until its end. */
export interface Ran {
  /** The exit code; null when a signal ended it. */
  code: number | null
  stdout: string
  stderr: string
}

/**
 * Runs an app to its end, the real `apps/<app>/src/main.ts`.
 *
 * @param options.stdin what standard input holds before its end; empty by default
 * @param options.timeoutMillis after which the app is killed (SIGKILL) and `code` is null; 30 s
 */
export async function runApp(
  app: string,
  args: readonly string[],
  options: LaunchOptions & { stdin?: string | Uint8Array; timeoutMillis?: number } = {},
): Promise<Ran> {
  await using running = new RunningApp(launch(app, args, options))
  running.stdin.end(options.stdin ?? '')
  const timer = setTimeout(() => running.kill('SIGKILL'), options.timeoutMillis ?? 30_000)
  const { code } = await running.exited
  clearTimeout(timer)
  return { code, stdout: running.stdout, stderr: running.stderr }
}

/**
 * Starts an app as a process of its own, the real `apps/<app>/src/main.ts`.
 *
 * Logs are JSON and the admin endpoint takes a free port, unless `env` says otherwise; give
 * `--port 0` and read the port back, so that tests never meet on one.
 *
 * @param app a folder of `apps`
 * @example
 * await using app = await startApp('tcp-echo', ['--host', '127.0.0.1', '--port', '0'])
 * const { port } = await app.listening()
 */
export async function startApp(
  app: string,
  args: readonly string[],
  options: LaunchOptions = {},
): Promise<RunningApp> {
  const child = launch(app, args, options)
  const running = new RunningApp(child)
  await Promise.race([new Promise((resolve) => child.once('spawn', resolve)), running.exited])
  return running
}

/**
 * Starts an app on a terminal of its own, made by script(1): what it finds on standard input, output
 * and error is a tty, and all its output arrives in `stdout` with the terminal's CR LF.
 *
 * @param options.columns how wide it is; default: unknown
 *
 * What is written to `stdin` is typed, so `'\x03'` is Ctrl-C and `'\x04'` Ctrl-D.
 */
export function startInTerminal(
  app: string,
  args: readonly string[],
  options: LaunchOptions & { columns?: number } = {},
): RunningApp {
  const size = options.columns === undefined ? '' : `stty columns ${options.columns}; `
  const words = [process.execPath, scriptOf(app), ...args].map(quoted).join(' ')
  const command = `${size}${words}`
  const { SOCKYARD_LOG_FORMAT: _, ...defaults } = environment()
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: root,
    env: { ...defaults, TERM: 'xterm', ...options.env },
  })
  return new RunningApp(child)
}

/** A word for sh(1), whatever is in it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
