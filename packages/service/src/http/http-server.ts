import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { listenDualStack } from '@sockyard/net/address'

import type { Logger } from '../log/log.ts'
import { type ConnectionLimits, HttpConnections } from './connections.ts'

// As an import it would be 6 MB and 30 ms more (Node 26.10): a module of Node's that is imported has every name of it
// read, and behind the name WebSocket of node:http is a whole client that is loaded then.
const { createServer } = process.getBuiltinModule('node:http')

/** For a whole request to arrive, and for a response to move on. */
const SLOW_CLIENT_MILLIS = 5000
const CHECK_MILLIS = 1000
const MAXIMUM_HEADER_BYTES = 8192

/** Where it listens, and its limits. */
export interface HttpServerOptions {
  host: string
  /** 0 picks a free one; the log says which. */
  port: number
  limits: ConnectionLimits
  log: Logger
  /** The value of `transport` in the message "listening". */
  transport: string
  onRequest: (
    request: IncomingMessage,
    response: ServerResponse,
    connections: HttpConnections,
  ) => void
}

/** An HTTP server whose resources are bounded, whatever its clients do. */
export interface HttpServer {
  /**
   * Listens and logs "listening" with transport, address and port.
   *
   * @throws {NetworkError} AddressInUseError when the port is taken
   */
  start(): Promise<AddressInfo>
  /** Cuts every connection, event streams too. */
  stop(): Promise<void>
}

/** An HTTP server (RFC 9112) for many hostile clients: slow ones are cut, and there is always room for one more. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { host, port, limits, log, transport, onRequest } = options
  const server = createServer({
    headersTimeout: SLOW_CLIENT_MILLIS,
    requestTimeout: SLOW_CLIENT_MILLIS,
    keepAliveTimeout: SLOW_CLIENT_MILLIS,
    connectionsCheckingInterval: CHECK_MILLIS,
    maxHeaderSize: MAXIMUM_HEADER_BYTES,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  })
  const connections = new HttpConnections(server, limits)
  server.on('request', (request, response) => {
    if (!connections.begin(request, response)) return
    response.on('error', () => undefined)
    // What nobody asked for is not read: the answer is the end of the connection (RFC 9112, section 9.6).
    if (hasBody(request)) response.shouldKeepAlive = false
    onRequest(request, response, connections)
  })
  server.setTimeout(SLOW_CLIENT_MILLIS)

  return {
    async start() {
      await listenDualStack({ host, port }, async (address, ipv6Only) => {
        server.listen({ host: address, port, ipv6Only })
        await once(server, 'listening')
      })
      server.on('error', (error) => log.error({ error }, 'http server'))
      const bound = server.address() as AddressInfo
      log.info({ transport, address: bound.address, port: bound.port }, 'listening')
      return bound
    },
    async stop() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Answers with one line of plain text. */
export function respondText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}
