import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { endianness } from 'node:os'

import { ReceivedDatagrams, RECORD, RECORD_BYTES } from '@sockyard/posix/datagram'
import { NativeCallsMissingError, SystemCallError } from '@sockyard/posix/ffi'
import { openDeviceSocket } from '@sockyard/posix/socket'

import { writeAddressWords } from '../address/address-words.ts'
import { addressBytes } from '../address/addresses.ts'
import { limitLog } from '../log/limited-log.ts'
import { enlargeReceiveBuffer } from '../udp/receive-buffer.ts'
import { receiveTimes } from '../udp/receive-times.ts'
import type { GroupInterface } from './interfaces.ts'
import {
  type GroupMembership,
  type MulticastGroup,
  type OpenReceiver,
  type ReceiveContext,
  type ReceiveSocket,
  sourcesOn,
} from './receive-context.ts'

/** Receives by node:dgram, one datagram a call. */
export function openNodeReceivers(context: ReceiveContext): OpenReceiver {
  const batch = new SingleDatagram()
  const limited = limitLog(context.log)
  return async (address, on) => {
    const type = address.includes(':') ? 'udp6' : 'udp4'
    const socket = createSocket({ type, reuseAddr: true })
    try {
      await bind(socket, bindAddress(address, on, context.port, limited))
      attachReceiver(socket, batch, { group: address, interface: on.name }, context)
      return new NodeReceiveSocket(socket, on)
    } catch (error) {
      socket.close()
      throw error
    }
  }
}

class NodeReceiveSocket implements ReceiveSocket {
  readonly target: Socket
  readonly #on: GroupInterface

  constructor(target: Socket, on: GroupInterface) {
    this.target = target
    this.#on = on
  }

  join(group: MulticastGroup): void {
    const sources = sourcesOn(group, this.#on)
    const { joinAddress } = this.#on
    if (sources === undefined) this.target.addMembership(group.address, joinAddress)
    for (const source of sources ?? [])
      this.target.addSourceSpecificMembership(source, group.address, joinAddress)
  }

  leave(group: MulticastGroup): void {
    const sources = sourcesOn(group, this.#on)
    const { joinAddress } = this.#on
    if (sources === undefined) this.target.dropMembership(group.address, joinAddress)
    for (const source of sources ?? [])
      this.target.dropSourceSpecificMembership(source, group.address, joinAddress)
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.target.close(() => resolve()))
  }
}

/** Bound to the interface where that is possible: a descriptor; otherwise to the address alone. */
function bindAddress(
  address: string,
  on: GroupInterface,
  port: number,
  log: ReturnType<typeof limitLog>,
): { fd: number } | { address: string; port: number } {
  try {
    const bytes = addressBytes(address)
    return {
      fd: openDeviceSocket({ device: on.name, deviceIndex: on.index, address: bytes, port }),
    }
  } catch (error) {
    if (!cannotBindDevices(error)) throw error
    log.warn({ error }, 'datagrams may come once for each interface')
    return { address: address.includes(':') ? `${address}%${on.name}` : address, port }
  }
}

/** Without native calls, and before Linux 5.7 without CAP_NET_RAW, a socket cannot be bound to an interface. */
function cannotBindDevices(error: unknown): error is Error {
  return (
    error instanceof NativeCallsMissingError ||
    (error instanceof SystemCallError && error.syscall === 'setsockopt' && error.code === 'EPERM')
  )
}

function bind(
  socket: Socket,
  to: { fd: number } | { address: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(to, () => {
      socket.off('error', reject)
      resolve()
    })
  })
}

function attachReceiver(
  socket: Socket,
  batch: SingleDatagram,
  at: GroupMembership,
  { log, counters, receiveBufferBytes, onBatch }: ReceiveContext,
): void {
  const limited = limitLog(log)
  socket.on('error', (error) => limited.warn({ ...at, error }, 'receive failed'))
  enlargeReceiveBuffer(socket, receiveBufferBytes, log)
  const receiveTime = receiveTimes(socket, log)
  socket.on('message', (bytes, from) => {
    counters.countReceived(1, bytes.length)
    batch.set(bytes, from, receiveTime())
    onBatch(batch, at)
  })
}

const LITTLE = endianness() === 'LE'
const WORD = 2 ** 32
const NANOS_PER_SECOND = 1_000_000_000n

/** A datagram of node:dgram in the form of a batch; of the ancillary data only the time is known. */
class SingleDatagram extends ReceivedDatagrams {
  readonly #record: DataView
  readonly #words = new Int32Array(4)
  #bytes: Buffer = Buffer.alloc(0)
  /** The source whose words stand in the record: it most often is the next one too. */
  #address = ''

  constructor() {
    const records = new SharedArrayBuffer(RECORD_BYTES)
    super({ records, payload: new SharedArrayBuffer(0), strideBytes: 0 })
    this.#record = new DataView(records)
    this.#record.setInt32(RECORD.hopLimit, -1, LITTLE)
    this.count = 1
  }

  override bytes(_index: number): Buffer {
    return this.#bytes
  }

  override payloadWord(_index: number, offset: number): number {
    return this.#bytes.readUInt32BE(offset)
  }

  set(bytes: Buffer, { address, port }: RemoteInfo, receivedAt: bigint): void {
    const record = this.#record
    if (address !== this.#address) this.#setSource(address)
    const seconds = Number(receivedAt / NANOS_PER_SECOND)
    record.setInt32(RECORD.length, bytes.length, LITTLE)
    record.setInt32(RECORD.sourcePort, port, LITTLE)
    record.setInt32(RECORD.seconds, seconds, LITTLE)
    record.setInt32(RECORD.seconds + 4, Math.floor(seconds / WORD), LITTLE)
    record.setInt32(RECORD.nanoseconds, Number(receivedAt % NANOS_PER_SECOND), LITTLE)
    this.#bytes = bytes
  }

  #setSource(address: string): void {
    this.#address = address
    const words = this.#words
    this.#record.setInt32(RECORD.sourceFamily, writeAddressWords(address, words), LITTLE)
    // Any scope but 0: a socket receives by one interface only.
    this.#record.setInt32(RECORD.sourceScope, address.includes('%') ? 1 : 0, LITTLE)
    for (const [word, value] of words.entries())
      this.#record.setInt32(RECORD.source + 4 * word, value, LITTLE)
  }
}
