import { launch } from '@sockyard/service/launch'

await launch(process, () => import('./app.ts'))
