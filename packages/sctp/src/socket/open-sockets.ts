import { isWildcard, localAddresses } from './local-addresses.ts'
import { UdpSocket } from './udp-socket.ts'
import type { UdpSocketOptions } from './udp-socket.ts'

/** Another process may hold at one address the port that was free at the first one. */
const ATTEMPTS = 10

export interface OpenSocketsOptions extends UdpSocketOptions {
  /** Numeric address; `::` and `0.0.0.0` are every one of ours. */
  host: string
  /** UDP port; 0 picks one that is free at every address. */
  port: number
}

/** Sockets at one port, by their addresses. */
export interface OpenSockets {
  port: number
  byAddress: Map<string, UdpSocket>
}

/** No interface that is up has an address of the family. */
class NoLocalAddressError extends Error {
  override name = 'NoLocalAddressError'
  readonly code = 'EADDRNOTAVAIL'

  constructor(host: string) {
    super(`no address here that ${host} stands for`)
  }
}

/** @throws {Error} of node:dgram, with `code`, when the port is taken, or the address is not ours */
export async function openSockets(options: OpenSocketsOptions): Promise<OpenSockets> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openOnce(options)
    } catch (error) {
      const again = options.port === 0 && codeOf(error) === 'EADDRINUSE' && attempt < ATTEMPTS
      if (!again) throw error
    }
  }
}

/** The first socket settles the port of all. */
async function openOnce(options: OpenSocketsOptions): Promise<OpenSockets> {
  const { host } = options
  const opened: OpenSockets = { port: options.port, byAddress: new Map() }
  try {
    for (const address of localAddresses(host)) {
      const opening = UdpSocket.open({ address, port: opened.port }, options)
      const socket = await (isWildcard(host) ? unlessUnusable(opening) : opening)
      if (socket === undefined) continue
      opened.byAddress.set(address, socket)
      opened.port = socket.port
    }
  } catch (error) {
    await Promise.all([...opened.byAddress.values()].map((socket) => socket.close()))
    throw error
  }
  if (opened.byAddress.size === 0) throw new NoLocalAddressError(host)
  return opened
}

/** One of many addresses may have gone a moment ago, or is still being checked (RFC 4862). */
async function unlessUnusable(opening: Promise<UdpSocket>): Promise<UdpSocket | undefined> {
  return opening.catch((error: unknown) => {
    if (codeOf(error) === 'EADDRNOTAVAIL') return undefined
    throw error
  })
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error ? Reflect.get(error, 'code') : undefined
