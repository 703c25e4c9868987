import { kernelDrops } from '@sockyard/posix/kernel-drops'
import type { NativeSocket } from '@sockyard/posix/native-socket'
import { ReceiveBatch } from '@sockyard/posix/receive-batch'
import type { ReceivedDatagrams } from '@sockyard/posix/received-datagrams'
import { getSocketOption, setSocketOption } from '@sockyard/posix/socket-options'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import { whenReadable } from '@sockyard/posix/when-readable'

import type { GroupInterface } from './group-interfaces.ts'
import type { GroupReception } from './group-reception.ts'
import type { MulticastGroup } from './group-socket.ts'
import type { GroupMembership } from './membership.ts'
import { leaveNatively, openNativeGroupSocket } from './native-group-socket.ts'
import { enlargeReceiveBuffer } from './receive-buffer.ts'
import type { Reception } from './receive-on.ts'

/** Takes what came in at once; all of it is good until this returns. */
export type OnBatch = (received: ReceivedDatagrams, from: GroupMembership) => void

const DATAGRAMS = 128
/** So many batches of one socket are taken before the others, timers and signals have their turn. */
const BATCHES_IN_A_ROW = 4

/**
 * Joins groups with sockets of posix, and reads them in this thread whenever the event loop says that something is
 * there: many datagrams a call, into one memory for all sockets.
 */
export class GroupBatches {
  readonly #batch = new ReceiveBatch({ datagrams: DATAGRAMS })
  readonly #onBatch: OnBatch

  /** @throws {NativeCallsMissingError} where koffi is absent */
  constructor(onBatch: OnBatch) {
    this.#onBatch = onBatch
  }

  /** @throws {SystemCallError} when it cannot be bound or joined: ENODEV, EADDRINUSE, ENOBUFS */
  open(
    group: MulticastGroup,
    on: GroupInterface,
    port: number,
    reception: Reception,
  ): GroupReception {
    const socket = openNativeGroupSocket(group, on, port)
    const endWatch = this.#watch(socket, { group: group.address, interface: on.name }, reception)
    return {
      target: socket,
      drops: () => kernelDrops(socket),
      leave: () => leaveNatively(socket, group, on),
      async close() {
        endWatch()
        socket.close()
      },
    }
  }

  /** What cannot be read is not kept open: the kernel would go on to fill it. */
  #watch(socket: NativeSocket, place: GroupMembership, reception: Reception): () => void {
    try {
      enlarge(socket, reception)
      return whenReadable(socket.descriptor, () => this.#read(socket, place, reception))
    } catch (error) {
      socket.close()
      throw error
    }
  }

  #read(socket: NativeSocket, place: GroupMembership, reception: Reception): void {
    try {
      for (let turn = 0; turn < BATCHES_IN_A_ROW && !socket.closed; turn += 1)
        if (this.#take(socket, place, reception) < DATAGRAMS) return
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      reception.options.log.warn({ ...place, error: error.message }, reception.failed)
    }
  }

  #take(socket: NativeSocket, place: GroupMembership, { tally }: Reception): number {
    const batch = this.#batch
    const count = batch.receive(socket, false)
    if (count === 0) return 0
    tally.received += count
    for (let index = 0; index < count; index += 1) tally.receivedBytes += batch.length(index)
    this.#onBatch(batch, place)
    return count
  }
}

function enlarge(socket: NativeSocket, { options }: Reception): void {
  const { log, receiveBufferBytes = 4 * 1024 * 1024 } = options
  const buffer = {
    setRecvBufferSize: (bytes: number): void => setSocketOption(socket, 'SO_RCVBUF', bytes),
    getRecvBufferSize: (): number => getSocketOption(socket, 'SO_RCVBUF'),
  }
  enlargeReceiveBuffer(buffer, receiveBufferBytes, log)
}
