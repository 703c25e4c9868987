import { readFileSync } from 'node:fs'

import {
  Endpoint,
  connect,
  type Connection,
  type EndpointOptions,
  type Message,
} from '@sockyard/sctp'
import { startApp, type RunningApp } from '@sockyard/testkit/process'

const HOST = '127.0.0.1'
export const PORT = 9877

export interface EchoServer extends AsyncDisposable {
  app: RunningApp
  udpPort: number
}

/** The server as a process, on a free UDP port of the loopback. */
export async function startServer(...args: string[]): Promise<EchoServer> {
  const app = await startApp('sctp-echo', ['--host', HOST, '--udp-port', '0', ...args])
  const { udpPort } = await app.waitForLog(({ transport }) => transport === 'sctp')
  return { app, udpPort: Number(udpPort), [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

/** A client of our own, one association. */
export function connectTo(
  { udpPort }: { udpPort: number },
  local: Partial<EndpointOptions> = {},
): Promise<Connection> {
  return connect({ host: HOST, udpPort, port: PORT, local })
}

/** The next `count` messages. */
export async function take(connection: Connection, count: number): Promise<Message[]> {
  const messages: Message[] = []
  if (count === 0) return messages
  for await (const message of connection) {
    messages.push({ ...message, data: Uint8Array.from(message.data) })
    if (messages.length === count) break
  }
  return messages
}

/** An endpoint for what a connection hides: associations that are never read, and vanish. */
export function openEndpoint(options: Partial<EndpointOptions> = {}): Promise<Endpoint> {
  return Endpoint.open({ host: HOST, udpPort: 0, port: 50_000, ...options })
}

/** A line of /metrics, with its labels if it has some. */
export async function metric(app: RunningApp, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${await app.adminPort()}/metrics`)
  const line = (await response.text()).split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.split(' ')[1] ?? Number.NaN)
}

export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

/** The options that give a client the address of the server. */
export function target({ udpPort }: { udpPort: number }): string[] {
  return [HOST, '--udp-port', String(udpPort)]
}
