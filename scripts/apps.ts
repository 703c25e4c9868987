import { apps } from '@sockyard/catalog'
import type { AppDescription } from '@sockyard/cli/command'

/** inetd and console are told the path of the node that runs them. */
type AppModule = { app: AppDescription } | { createApp: (node: string) => AppDescription }

/** The commands of an app, as its own entry has them; nothing of it runs. */
export async function loadApp(name: string): Promise<AppDescription> {
  const module: AppModule = await import(`../apps/${name}/src/app.ts`)
  return 'app' in module ? module.app : module.createApp(process.execPath)
}

/** Those of every app, in the order of the catalog. */
export function loadApps(): Promise<AppDescription[]> {
  return Promise.all(apps.map(({ name }) => loadApp(name)))
}
