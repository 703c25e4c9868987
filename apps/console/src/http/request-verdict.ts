import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** The cookie that holds the token of a page. */
export const TOKEN_COOKIE = 'sockyard_console'

export interface RequestFacts {
  method: string
  /** What the resource is for: GET and HEAD, or POST, too. */
  methods: readonly string[]
  headers: IncomingHttpHeaders
  /** The token in the query, if there is one. */
  queryToken: string | undefined
  /** The address at which the connection came in. */
  localAddress: string | undefined
}

/** `permitted`, or why the request is not answered. */
export type RequestVerdict =
  | 'permitted'
  | 'method-not-allowed'
  | 'foreign-host'
  | 'foreign-origin'
  | 'no-token'

/**
 * Decides about a request from its headers alone. A page whose name was made to resolve to our address (DNS rebinding)
 * has a foreign Host, a page elsewhere a foreign Origin (RFC 6454), and neither has the token.
 */
export function requestVerdict(facts: RequestFacts, token: string | undefined): RequestVerdict {
  const { method, methods, headers, localAddress } = facts
  if (!methods.includes(method)) return 'method-not-allowed'
  const { host = '', origin } = headers
  if (!isOurHost(host, localAddress)) return 'foreign-host'
  if (origin !== undefined && origin !== `http://${host}`) return 'foreign-origin'
  const site = headers['sec-fetch-site']
  // A link leads here from anywhere; a form of another site does not.
  const isNavigation = method !== 'POST' && headers['sec-fetch-mode'] === 'navigate'
  if (!isNavigation && (site === 'cross-site' || site === 'same-site')) return 'foreign-origin'
  if (token !== undefined && !presentedTokens(facts).some((each) => isSame(each, token)))
    return 'no-token'
  return 'permitted'
}

/** Numeric loopback addresses and `localhost`, and the numeric address that the connection came to. */
function isOurHost(host: string, localAddress = ''): boolean {
  const [, ipv6, name = ''] = /^(?:\[([^\]]+)\]|([^:[\]@]+))(?::\d+)?$/.exec(host) ?? []
  const address = ipv6 ?? name
  if (address.toLowerCase() === 'localhost' || address === '::1') return true
  if (isIP(address) === 0) return false
  return address.startsWith('127.') || address === localAddress.replace(/^::ffff:/, '')
}

function presentedTokens({ headers, queryToken }: RequestFacts): string[] {
  const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]
  const cookies = (headers.cookie ?? '').split('; ')
  const cookie = cookies.find((each) => each.startsWith(`${TOKEN_COOKIE}=`))
  const value = cookie?.slice(TOKEN_COOKIE.length + 1)
  return [bearer, value, queryToken].filter((each) => each !== undefined)
}

/** In a time that does not tell how much of it is right. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
