import { enableAncillaryData, ReceiveBatch } from '@sockyard/posix/datagram'
import { SystemCallError } from '@sockyard/posix/ffi'
import { getSocketOption, kernelDrops, setSocketOption } from '@sockyard/posix/options'
import { whenReadable } from '@sockyard/posix/poll'
import { NativeSocket, openDeviceSocket } from '@sockyard/posix/socket'

import { addressBytes } from '../address/addresses.ts'
import { limitLog } from '../log/limited-log.ts'
import { enlargeReceiveBuffer } from '../udp/receive-buffer.ts'
import type { GroupInterface } from './interfaces.ts'
import {
  type GroupMembership,
  type MulticastGroup,
  type OpenReceiver,
  type ReceiveContext,
  type ReceiveSocket,
  sourcesOn,
} from './receive-context.ts'

const DATAGRAMS = 128
/** So many batches of one socket are taken before the others, timers and signals have their turn. */
const BATCHES_IN_A_ROW = 4

/**
 * Receives with recvmmsg(2) in this thread whenever the event loop says that a socket is readable: many datagrams a
 * call, into one memory for all sockets, with destination, hop limit, time and drops of each.
 *
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function openNativeReceivers(context: ReceiveContext): OpenReceiver {
  const batch = new ReceiveBatch({ datagrams: DATAGRAMS })
  return async (address, on) => {
    const socket = openSocket(address, on, context)
    try {
      const stop = attachReceiver(socket, batch, { group: address, interface: on.name }, context)
      return new NativeReceiveSocket(socket, on, stop)
    } catch (error) {
      // What cannot be read is not kept open: the kernel would go on to fill it.
      socket.close()
      throw error
    }
  }
}

class NativeReceiveSocket implements ReceiveSocket {
  readonly target: NativeSocket
  readonly #on: GroupInterface
  readonly #stop: () => void

  constructor(target: NativeSocket, on: GroupInterface, stop: () => void) {
    this.target = target
    this.#on = on
    this.#stop = stop
  }

  kernelDrops(): number {
    return kernelDrops(this.target)
  }

  join(group: MulticastGroup): void {
    this.#set(group, 'IP_ADD_MEMBERSHIP', 'IPV6_JOIN_GROUP', 'MCAST_JOIN_SOURCE_GROUP')
  }

  leave(group: MulticastGroup): void {
    this.#set(group, 'IP_DROP_MEMBERSHIP', 'IPV6_LEAVE_GROUP', 'MCAST_LEAVE_SOURCE_GROUP')
  }

  async close(): Promise<void> {
    this.#stop()
    this.target.close()
  }

  #set(
    group: MulticastGroup,
    ipv4: 'IP_ADD_MEMBERSHIP' | 'IP_DROP_MEMBERSHIP',
    ipv6: 'IPV6_JOIN_GROUP' | 'IPV6_LEAVE_GROUP',
    bySource: 'MCAST_JOIN_SOURCE_GROUP' | 'MCAST_LEAVE_SOURCE_GROUP',
  ): void {
    const { index, joinAddress } = this.#on
    const at = { group: group.address, interfaceIndex: index }
    const sources = sourcesOn(group, this.#on)
    for (const source of sources ?? []) setSocketOption(this.target, bySource, { ...at, source })
    if (sources !== undefined) return
    if (group.address.includes(':')) setSocketOption(this.target, ipv6, at)
    else setSocketOption(this.target, ipv4, { ...at, localAddress: joinAddress })
  }
}

/** Non-blocking, bound to the address and to the interface (SO_BINDTODEVICE); others may bind the same. */
function openSocket(
  address: string,
  on: GroupInterface,
  { port, receiveBufferBytes, log }: ReceiveContext,
): NativeSocket {
  const where = { device: on.name, deviceIndex: on.index, address: addressBytes(address), port }
  const socket = NativeSocket.adopt(openDeviceSocket(where))
  const isIPv6 = address.includes(':')
  try {
    const fields = ['destination', 'hopLimit', 'timestamp', 'drops'] as const
    enableAncillaryData(socket, isIPv6 ? 'IPv6' : 'IPv4', fields)
    // Without a membership of its own it gets nothing, whatever others on this host have joined.
    setSocketOption(socket, isIPv6 ? 'IPV6_MULTICAST_ALL' : 'IP_MULTICAST_ALL', false)
    const buffer = {
      setRecvBufferSize: (bytes: number): void => setSocketOption(socket, 'SO_RCVBUF', bytes),
      getRecvBufferSize: (): number => getSocketOption(socket, 'SO_RCVBUF'),
    }
    enlargeReceiveBuffer(buffer, receiveBufferBytes, log)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** @returns ends it; call it before the socket is closed */
function attachReceiver(
  socket: NativeSocket,
  batch: ReceiveBatch,
  at: GroupMembership,
  { log, counters, onBatch }: ReceiveContext,
): () => void {
  const limited = limitLog(log)

  const receive = (): number => {
    const count = batch.receive(socket, false)
    if (count === 0) return 0
    let bytes = 0
    for (let index = 0; index < count; index += 1) bytes += batch.length(index)
    counters.countReceived(count, bytes)
    onBatch(batch, at)
    return count
  }

  return whenReadable(socket.descriptor, () => {
    try {
      for (let turn = 0; turn < BATCHES_IN_A_ROW && !socket.closed; turn += 1)
        if (receive() < DATAGRAMS) return
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      limited.warn({ ...at, error }, 'receive failed')
    }
  })
}
