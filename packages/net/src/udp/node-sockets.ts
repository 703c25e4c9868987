import type { Socket } from 'node:dgram'

import { listenDualStack } from '../address/listen.ts'
import { AddressSockets } from './address-sockets.ts'
import { readKernelDropsAt } from './kernel-drops.ts'
import { adoptNodeSocket, bindNodeSocket, NodeUdpSocket } from './node-udp-socket.ts'
import { enlargeReceiveBuffer } from './receive-buffer.ts'
import type { OpenSockets, UdpSettings } from './udp-socket.ts'

/**
 * Opens the sockets of a server over node:dgram, which does not report the destination address of a datagram. Where
 * every address is asked for, each one of this host has its own socket, so that answers leave from the address that
 * was asked; addresses that come and go are followed. What is sent to a broadcast address or a group is not received.
 *
 * A wildcard socket that was passed by another program stays one: give such a service the native engine, or a socket
 * for each address.
 *
 * @throws {NetworkError} when none can be bound; AddressInUseError when the port is taken
 */
export async function openNodeSockets(settings: UdpSettings): Promise<OpenSockets> {
  const { passed, host, family } = settings
  if (passed !== undefined)
    return single(await adoptNodeSocket(passed.descriptor.release(), passed.family), settings)
  const wildcard = wildcardOf(host, family)
  if (wildcard !== undefined) return forEachAddress(settings, wildcard)
  const { port } = settings
  const at = { host, port, family }
  return listenDualStack(at, async (address, ipv6Only) =>
    single(await bindNodeSocket({ address, port, ipv6Only }), settings),
  )
}

/** What stands for every address: of one family, or of both. */
interface Wildcard {
  readonly address: '::' | '0.0.0.0'
  readonly family: 4 | 6 | undefined
}

function wildcardOf(host: string | undefined, family: 4 | 6 | undefined): Wildcard | undefined {
  if (host === '0.0.0.0') return { address: '0.0.0.0', family: 4 }
  if (host !== undefined && host !== '::') return undefined
  return { address: family === 4 ? '0.0.0.0' : '::', family }
}

function single(socket: Socket, settings: UdpSettings): OpenSockets {
  const open = prepare(socket, settings)
  const { address, port } = open.local
  return {
    address,
    port,
    sockets: [open],
    kernelDrops: () => readKernelDropsAt([address], port),
    stop: (drained) => open.close(drained),
  }
}

function prepare(socket: Socket, settings: UdpSettings): NodeUdpSocket {
  const { log, receiveBufferBytes } = settings
  socket.on('error', (error) => log.warn({ error }, 'udp failed'))
  enlargeReceiveBuffer(socket, receiveBufferBytes, log)
  return new NodeUdpSocket(socket, settings)
}

/** A socket for each address of this host. */
async function forEachAddress(
  settings: UdpSettings,
  { address: host, family }: Wildcard,
): Promise<OpenSockets> {
  const { log } = settings
  const all = await AddressSockets.open({
    host,
    family,
    port: settings.port,
    bind: async (address, port) =>
      prepare(await bindNodeSocket({ address, port, ipv6Only: true }), settings),
    close: (socket) => socket.close(AbortSignal.abort()),
    onFailed: (address, error) => log.warn({ address, error }, 'cannot listen'),
  })
  return {
    address: host,
    port: all.port,
    get sockets() {
      return all.byAddress.values()
    },
    kernelDrops() {
      const addresses = [...all.byAddress.values()].map(({ local }) => local.address)
      return readKernelDropsAt(addresses, all.port)
    },
    stop: (drained) => all.close((socket) => socket.close(drained)),
  }
}
