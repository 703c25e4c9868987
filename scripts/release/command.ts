#!/usr/bin/env node
// The command `sockyard` of the npm package, as the shell script `sockyard` is in a checkout.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

import { apps } from '@sockyard/catalog'
import { compileCacheFolder } from '@sockyard/service/launch'

const [executable = process.execPath, , name, ...args] = process.argv

if (apps.some((app) => app.name === name)) {
  const main = new URL(`../../apps/${name}/src/main.ts`, import.meta.url)
  // As if it had been started itself: it may replace this process by one with a compile cache.
  process.argv = [executable, fileURLToPath(main), ...args]
  await import(main.href)
} else {
  enableCompileCache(compileCacheFolder(process))
  const { runSockyard } = await import('../sockyard.ts')
  await runSockyard()
}
