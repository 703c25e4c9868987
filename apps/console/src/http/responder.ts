import type { IncomingMessage, ServerResponse } from 'node:http'

import { type HttpConnections, respondText } from '@sockyard/service/http'

import { readPageFile } from './page-files.ts'
import { requestVerdict, type RequestVerdict, TOKEN_COOKIE } from './request-verdict.ts'

/** Answers a request; HEAD gets what GET gets, without a body. */
export type Route = (
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  connections: HttpConnections,
) => Promise<void> | void

/** What the others are told. */
const REJECTIONS: Readonly<Record<Exclude<RequestVerdict, 'permitted'>, [number, string]>> = {
  'method-not-allowed': [405, 'nothing here has this method'],
  'foreign-host': [421, 'the Host header is not an address of this console'],
  'foreign-origin': [403, 'the Origin is not this console'],
  'no-token': [401, 'a token is needed: open /?token=TOKEN, or send Authorization: Bearer TOKEN'],
}

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

interface ResponderOptions {
  token: string | undefined
  /** By path, beside the files of the page. */
  routes: ReadonlyMap<string, Route>
  /** What a POST does, by path. */
  actions: ReadonlyMap<string, Route>
}

/** What is done with each request. */
export function createResponder({ token, routes, actions }: ResponderOptions) {
  return (
    request: IncomingMessage,
    response: ServerResponse,
    connections: HttpConnections,
  ): void => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
    const url = urlOf(request)
    if (url === undefined) return respondText(response, 400, 'bad request')
    const action = actions.get(url.pathname)
    const methods = ['GET', 'HEAD', ...(action === undefined ? [] : ['POST'])]
    const verdict = requestVerdict(
      {
        method: request.method ?? '',
        methods,
        headers: request.headers,
        queryToken: url.searchParams.get('token') ?? undefined,
        localAddress: request.socket.localAddress,
      },
      token,
    )
    if (verdict === 'method-not-allowed') response.setHeader('allow', methods.join(', '))
    if (verdict !== 'permitted') return respondText(response, ...REJECTIONS[verdict])
    if (token !== undefined && url.searchParams.has('token') && url.pathname === '/')
      return respondWithCookie(response, token)
    const found = request.method === 'POST' ? action : routes.get(url.pathname)
    const route = found ?? respondFile
    Promise.resolve(route(url, request, response, connections)).catch(() => {
      if (response.headersSent) response.destroy()
      else respondText(response, 500, 'failed')
    })
  }
}

function urlOf({ url = '' }: IncomingMessage): URL | undefined {
  return url.startsWith('/') ? (URL.parse(`http://console${url}`) ?? undefined) : undefined
}

/** The token leaves the address bar, and its history, at once. */
function respondWithCookie(response: ServerResponse, token: string): void {
  const cookie = `${TOKEN_COOKIE}=${token}; HttpOnly; SameSite=Strict; Path=/`
  response.writeHead(303, { location: '/', 'set-cookie': cookie, 'cache-control': 'no-store' })
  response.end()
}

async function respondFile(
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const file = await readPageFile(decoded(url.pathname))
  if (file === undefined) return respondText(response, 404, 'not found')
  const { bytes, type, etag, policy } = file
  const headers = { etag, 'cache-control': 'no-cache', 'content-security-policy': policy }
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end()
  const length = { 'content-type': type, 'content-length': bytes.length }
  response.writeHead(200, { ...headers, ...length }).end(bytes)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}
