import type { App } from './command.ts'
import { beginStartUp, reexecWithCompileCache } from './start-up.ts'

export { compileCacheFolder } from './start-up.ts'

/**
 * Runs an app as a process, in less time and memory than a plain start (`./start-up.ts`). Where the process cannot
 * be replaced or no cache can be kept, or NODE_COMPILE_CACHE is set already, the app runs all the same.
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
  reexecWithCompileCache(host)
  beginStartUp()
  const [{ run }, { app }] = await Promise.all([import('./run.ts'), load()])
  await run(host, app)
}
