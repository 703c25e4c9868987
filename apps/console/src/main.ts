import { launch } from '@sockyard/service/launch'

await launch(process, async () => {
  const { createApp } = await import('./app.ts')
  return { app: createApp(process.execPath) }
})
