import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server } from 'node:net'

import { type OptionReading, readOptions } from '@sockyard/posix/options'
import type { NativeSocket, SocketTarget } from '@sockyard/posix/socket'

import type { Registry } from './prometheus.ts'

const LEVELS = { tcp: 'IPPROTO_TCP', udp: 'IPPROTO_UDP' } as const

/** A socket that clients reach the service by. */
export interface ListeningSocket {
  transport: 'tcp' | 'udp'
  address: string
  port: number
  target: SocketTarget
}

interface ShownSocket extends ListeningSocket {
  target: Server | DatagramSocket | NativeSocket
}

/** What GET /options shows of each. */
interface ListeningOptions {
  transport: string
  address: string
  port: number
  options: OptionReading[]
}

/** A service and its admin endpoint share a registry of metrics, and so its sockets. */
const sockets = new WeakMap<Registry, Set<ListeningSocket>>()
const servers = new WeakMap<Registry, (() => ListeningSocket[])[]>()

/** From now on GET /options tells the options of the sockets that a server has open when it is asked. */
export function showListening(metrics: Registry, listening: () => ListeningSocket[]): void {
  const all = servers.get(metrics) ?? []
  servers.set(metrics, all)
  all.push(listening)
}

/**
 * From now on GET /options of the admin endpoint tells the options of this socket: of Node's own until it closes; of
 * one of posix, which may be given away afterwards, by a descriptor of its own until that is given back.
 *
 * @param metrics that of the service
 * @returns ends it. Call it before a socket of posix is closed, which stays open as long as it is shown
 * @throws {SystemCallError} EMFILE when there is no descriptor for it
 */
export function showOptionsOf(metrics: Registry, socket: ShownSocket): () => void {
  const all = sockets.get(metrics) ?? new Set()
  sockets.set(metrics, all)
  const { target } = socket
  if ('once' in target) {
    all.add(socket)
    const hide = (): void => void all.delete(socket)
    target.once('close', hide)
    return hide
  }
  const own = { ...socket, target: target.duplicate() }
  all.add(own)
  return () => {
    all.delete(own)
    own.target.close()
  }
}

/**
 * The options of the service's listening sockets as the kernel tells them now. SO_ERROR is left out: reading it
 * would take the error from the caller that waits for it.
 *
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function listeningOptions(metrics: Registry): ListeningOptions[] {
  const all = (servers.get(metrics) ?? []).flatMap((listening) => listening())
  return [...(sockets.get(metrics) ?? []), ...all].map(({ transport, address, port, target }) => {
    const levels: readonly string[] = address.includes(':')
      ? ['SOL_SOCKET', LEVELS[transport], 'IPPROTO_IP', 'IPPROTO_IPV6']
      : ['SOL_SOCKET', LEVELS[transport], 'IPPROTO_IP']
    const options = readOptions(
      target,
      ({ level, name }) => levels.includes(level) && name !== 'SO_ERROR',
    )
    return { transport, address, port, options }
  })
}
