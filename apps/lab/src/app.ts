import { appDescription } from '@sockyard/catalog'
import type { App } from '@sockyard/service/lifecycle'

import { commands } from './commands.ts'

export const app: App = {
  ...appDescription('lab'),
  commands,
}
