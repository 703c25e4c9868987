import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node'

export interface ConnectionOptions {
  /** `nats://HOST:PORT` or `tls://HOST:PORT`; any of them leads to the others. */
  servers: readonly string[]
  /** A credentials file of NATS (JWT and seed), or a file of one line `USER:PASSWORD`. */
  credentialsFile?: string | undefined
  /** Certificates (PEM) that the servers are verified with, in place of those of Node. */
  caFile?: string | undefined
  /** How the servers name this client in their reports. */
  name: string
}

/** A server that gives no answer for two of these is given up. */
const PING_MILLIS = 2_000
const CONNECT_TIMEOUT_MILLIS = 2_000
const RECONNECT_MILLIS = 200
/** Errors that no second attempt mends. */
const FINAL = new Set(['AuthorizationError', 'UserAuthenticationExpiredError'])

/** A server address that cannot be used; its text is left out, because it may hold a password. */
export class ServerUrlError extends Error {
  readonly reason: string

  constructor(reason: string) {
    super(`a server of the cluster ${reason}`)
    this.name = 'ServerUrlError'
    this.reason = reason
  }
}

/**
 * @returns the address in its normal form
 * @throws {ServerUrlError} unless it is `nats://HOST[:PORT]` or `tls://HOST[:PORT]`
 */
export function serverUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'nats:' && url.protocol !== 'tls:') || url.host === '')
    throw new ServerUrlError('is not nats://HOST:PORT or tls://HOST:PORT')
  if (url.username !== '' || url.password !== '')
    throw new ServerUrlError('has credentials in its address: they belong into a file')
  return `${url.protocol}//${url.hostname}:${url.port || '4222'}`
}

/**
 * Connects to the first server that answers; tries until one does.
 *
 * @throws when the servers refuse the credentials, a file cannot be read, or `signal` is aborted
 */
export async function connectToServers(
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const natsOptions = toNatsOptions(options)
  for (;;) {
    signal.throwIfAborted()
    try {
      return await connect(natsOptions)
    } catch (error) {
      if (error instanceof Error && FINAL.has(error.name)) throw error
      await sleep(RECONNECT_MILLIS, undefined, { signal })
    }
  }
}

function toNatsOptions({
  servers,
  credentialsFile,
  caFile,
  name,
}: ConnectionOptions): NodeConnectionOptions {
  const isTls = caFile !== undefined || servers.some((server) => server.startsWith('tls:'))
  return {
    servers: servers.map((server) => serverUrl(server).replace(/^\w+:\/\//, '')),
    name,
    timeout: CONNECT_TIMEOUT_MILLIS,
    pingInterval: PING_MILLIS,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MILLIS,
    ...(credentialsFile === undefined ? {} : credentialsOf(readFileSync(credentialsFile))),
    ...(isTls ? { tls: caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') } } : {}),
  }
}

function credentialsOf(bytes: Uint8Array): Partial<NodeConnectionOptions> {
  const text = Buffer.from(bytes).toString()
  if (text.includes('NATS USER JWT')) return { authenticator: credsAuthenticator(bytes) }
  const [user = '', ...password] = text.trim().split(':')
  return { user, pass: password.join(':') }
}
