import type { RunningApp } from '@sockyard/testkit/running-app'
import { startApp } from '@sockyard/testkit/start-app'

/** A chat of its own for a test, on a free port of 127.0.0.1. */
export async function startChat(
  ...options: readonly string[]
): Promise<{ app: RunningApp; port: number } & AsyncDisposable> {
  const app = await startApp('chat', ['--host', '127.0.0.1', '--port', '0', ...options])
  const { port } = await app.listening('tcp')
  return { app, port, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

/** The value of a metric, 0 when it is not there; labels as Prometheus writes them: `{reason="idle"}`. */
export async function metric(app: RunningApp, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${await app.adminPort()}/metrics`)
  const line = (await response.text()).split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.split(' ').at(-1) ?? 0)
}
