import { run } from '@sockyard/service/lifecycle'

import { app } from './app.ts'

await run(process, app)
