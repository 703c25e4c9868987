import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

export interface LaunchOptions {
  /** Added to the environment of the tests; `LOG_FORMAT` is json and `ADMIN_PORT` is 0 unless told. */
  env?: Readonly<Record<string, string>>
  /** The network namespace to start it in (ip-netns(8)); needs root. */
  namespace?: string
}

/**
 * Starts an app as its users do: Node, from the root of the repository.
 *
 * @param app a folder of `apps`, or the path of a script (for tests of the testkit itself)
 */
export function launch(
  app: string,
  args: readonly string[],
  options: LaunchOptions = {},
): ChildProcessWithoutNullStreams {
  const { namespace } = options
  const inside = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]
  const [command = '', ...words] = [...inside, process.execPath, scriptOf(app), ...args]
  return spawn(command, words, {
    cwd: root,
    env: { ...environment(), ...options.env },
  })
}

/** Where the entry of an app is, from the root of the repository. */
export function scriptOf(app: string): string {
  return app.endsWith('.ts') ? app : `apps/${app}/src/main.ts`
}

/** Settings by which every started app is readable by a test and never takes a port of another. */
export function environment(): NodeJS.ProcessEnv {
  return { ...process.env, LOG_FORMAT: 'json', ADMIN_PORT: '0' }
}
