import { NativeCallsMissingError, SystemCallError } from '@sockyard/posix/ffi'
import { MSG, NativeSocket } from '@sockyard/posix/socket'
import type { LabPacket } from '@sockyard/protocol/results'

import { parsePacket } from './packet.ts'

/** In this order they are shown: an ICMP error comes after the datagram that it is about. */
const PROTOCOLS = [6, 17, 1]
/** Of a packet its headers, and the beginning of what it carries. */
const KEPT_BYTES = 256
/** Read at a time, others' too, and kept of them. */
const MAXIMUM_READ = 1_000
const MAXIMUM_KEPT = 32

/**
 * Receives a copy of each TCP, UDP and ICMP packet that this host receives (raw(7)); over loopback these are the packets of
 * both sides. Where that is not possible it records nothing.
 */
export class PacketRecorder implements Disposable {
  readonly #sockets: readonly NativeSocket[]

  constructor() {
    this.#sockets = openSockets()
  }

  /** The packets of these ports since the last call. */
  take(ports: ReadonlySet<number>): LabPacket[] {
    return this.#sockets
      .flatMap((socket) => [...received(socket)])
      .flatMap(({ bytes, length }) => {
        const packet = parsePacket(bytes)
        if (packet === undefined || !packet.ports.every((port) => ports.has(port))) return []
        const { ports: _, ...words } = packet
        return [{ ...words, length, bytes: Buffer.from(bytes).toString('base64') }]
      })
      .slice(0, MAXIMUM_KEPT)
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close()
  }
}

/** None where the kernel refuses them (EPERM), or where there are no native calls: an experiment may do without. */
function openSockets(): NativeSocket[] {
  try {
    return PROTOCOLS.map((protocol) =>
      NativeSocket.open({ family: 'IPv4', type: 'raw', protocol, nonBlocking: true }),
    )
  } catch (error) {
    if (error instanceof SystemCallError || error instanceof NativeCallsMissingError) return []
    throw error
  }
}

function* received(socket: NativeSocket): Generator<{ bytes: Uint8Array; length: number }> {
  for (let count = 0; count < MAXIMUM_READ; count += 1) {
    const memory = new Uint8Array(KEPT_BYTES)
    const length = socket.receive(memory, MSG.TRUNC)
    if (length === undefined) return
    yield { bytes: memory.subarray(0, length), length }
  }
}
