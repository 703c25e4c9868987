import { launch, type LaunchOptions } from './launch.ts'
import { RunningApp } from './running-app.ts'

export interface Ran {
  /** The exit code; null when a signal ended it. */
  code: number | null
  stdout: string
  stderr: string
}

/**
 * Runs an app to its end, the real `apps/<app>/src/main.ts`.
 *
 * @param options.stdin what standard input holds before its end; empty unless told
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
