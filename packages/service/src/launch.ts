import { join } from 'node:path'

import type { App } from './command.ts'
import { isDaemon } from './is-daemon.ts'
import { beginStartUp } from './start-up.ts'

/** Beside the code: whoever may write there may change the code itself. */
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/node')
/** With the 16 MiB of Node itself, 10,000 connections hold 40 MB more, and chat is no faster for it but slower. */
const YOUNG_OBJECTS = '--max-semi-space-size=4'

/**
 * Runs an app as a process, in less time and memory than a plain start: with a compile cache (node:module) the
 * types are stripped and the code is compiled once, not at each start.
 *
 * Node opens the cache before it reads the first file only when told so by NODE_COMPILE_CACHE, and what strips
 * types stays in memory once it was needed. So the process begins anew (execve(2): same number, same
 * descriptors) before it has loaded more than this file. Where that or the cache is not possible, or
 * NODE_COMPILE_CACHE is set already, the app runs as it is.
 *
 * @param host the global `process`
 * @param load imports the app; nothing of it may be imported before
 * @example
 * await launch(process, () => import('./app.ts'))
 */
export async function launch(
  host: NodeJS.Process,
  load: () => Promise<{ app: App }>,
): Promise<void> {
  beginAnew(host)
  beginStartUp()
  const [{ run }, { app }] = await Promise.all([import('./run.ts'), load()])
  await run(host, app)
}

function beginAnew(host: NodeJS.Process): void {
  const { env, execPath, execArgv, argv, channel } = host
  // A channel to the parent is open in this process, and would be lost.
  if (env['NODE_COMPILE_CACHE'] !== undefined || channel !== undefined) return
  // Node has marked every descriptor that it was started with: the passed ones would be closed (sd_listen_fds(3)).
  if (env['LISTEN_FDS'] !== undefined || isDaemon(host)) return
  const words = [execPath, YOUNG_OBJECTS, ...execArgv, ...argv.slice(1)]
  try {
    host.execve?.(execPath, words, { ...env, NODE_COMPILE_CACHE: CACHE })
  } catch {
    // Not on this platform, or not allowed: a slower start is all there is to it.
  }
}
