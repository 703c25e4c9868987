import { launch, type LaunchOptions } from './launch.ts'
import { RunningApp } from './running-app.ts'

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
