import { inetPton, NativeSocket } from '@sockyard/posix/socket'

const ICMP = 1
const TCP = 6
const UDP = 17
const HOP_LIMIT = 64
/** In a raw socket of it one writes the IP header oneself (raw(7), ipv6(7)). */
const IPPROTO_RAW = 255
/** What fits through Ethernet behind an IPv4 header, in whole units of 8 bytes. */
const FRAGMENT_BYTES = 1_480
const MORE_FRAGMENTS = 0x2000

/** A datagram as its forger wants it to look. */
interface ForgedDatagram {
  /** Numeric, both of one family; an IPv4-mapped source may be forged in an IPv6 packet. */
  readonly from: { readonly address: string; readonly port: number }
  readonly to: { readonly address: string; readonly port: number }
  readonly payload: Uint8Array
}

/** A segment of TCP without data (RFC 9293, section 3.1). */
interface ForgedSegment extends Pick<ForgedDatagram, 'from' | 'to'> {
  readonly flags: 'syn' | 'ack' | 'rst'
  readonly sequence: number
}

/** ICMP type 3, which quotes a datagram (RFC 792). */
interface ForgedUnreachable {
  readonly from: string
  readonly code: number
  /** Of code 4 (RFC 1191). */
  readonly mtu: number
  /** The datagram that is said not to have arrived; its sender gets the message. */
  readonly quoted: Pick<ForgedDatagram, 'from' | 'to'>
}

const TCP_FLAGS = { syn: 0x02, rst: 0x04, ack: 0x10 } as const

/**
 * Sends datagrams with any source, by a raw socket: for root, in the network namespace of this process.
 *
 * @example
 * using forger = new Forger('IPv4')
 * forger.send({ from: { address: '10.77.0.99', port: 4000 }, to: { address: '10.77.0.1', port: 3333 }, payload })
 */
export class Forger implements Disposable {
  readonly #family: 'IPv4' | 'IPv6'
  readonly #socket: NativeSocket
  #identification = 0

  /** @throws {SystemCallError} EPERM without CAP_NET_RAW */
  constructor(family: 'IPv4' | 'IPv6') {
    this.#family = family
    this.#socket = NativeSocket.open({ family, type: 'raw', protocol: IPPROTO_RAW })
  }

  /** One that is longer than Ethernet carries goes in fragments; over IPv6 it must not be. */
  send({ from, to, payload }: ForgedDatagram): void {
    const source = bytesOf(from.address)
    const destination = bytesOf(to.address)
    const datagram = udpDatagram(source, destination, from.port, to.port, payload)
    if (this.#family === 'IPv6') return this.#sendPacket(ipv6Packet(source, destination, datagram))
    this.#identification = (this.#identification + 1) & 0xffff
    for (let at = 0; at < datagram.length; at += FRAGMENT_BYTES) {
      const fragment = datagram.subarray(at, at + FRAGMENT_BYTES)
      const more = at + FRAGMENT_BYTES < datagram.length ? MORE_FRAGMENTS : 0
      this.#sendPacket(
        ipv4Packet(source, destination, fragment, {
          identification: this.#identification,
          flagsAndOffset: more | (at / 8),
        }),
      )
    }
  }

  /** The first fragment of a longer datagram, over IPv4; the others never come. */
  sendFirstFragment({ from, to, payload }: ForgedDatagram): void {
    const source = bytesOf(from.address)
    const destination = bytesOf(to.address)
    const datagram = udpDatagram(source, destination, from.port, to.port, payload)
    this.#identification = (this.#identification + 1) & 0xffff
    const about = { identification: this.#identification, flagsAndOffset: MORE_FRAGMENTS }
    this.#sendPacket(ipv4Packet(source, destination, datagram, about))
  }

  /** Over IPv4. */
  sendSegment({ from, to, flags, sequence }: ForgedSegment): void {
    const source = bytesOf(from.address)
    const destination = bytesOf(to.address)
    const segment = new Uint8Array(20)
    const view = new DataView(segment.buffer)
    view.setUint16(0, from.port)
    view.setUint16(2, to.port)
    view.setUint32(4, sequence)
    segment.set([5 << 4, TCP_FLAGS[flags], 0xff, 0xff], 12)
    view.setUint16(16, checksum([...source, ...destination, 0, TCP, 0, 20, ...segment]))
    this.#sendPacket(ipv4Packet(source, destination, segment, { protocol: TCP }))
  }

  /** Over IPv4. */
  sendUnreachable({ from, code, mtu, quoted }: ForgedUnreachable): void {
    const [source, destination] = [bytesOf(quoted.from.address), bytesOf(quoted.to.address)]
    const datagram = udpDatagram(
      source,
      destination,
      quoted.from.port,
      quoted.to.port,
      new Uint8Array(1_400),
    )
    const message = new Uint8Array(8 + 28)
    const view = new DataView(message.buffer)
    message.set([3, code])
    view.setUint16(6, mtu)
    message.set(ipv4Packet(source, destination, datagram, {}).subarray(0, 28), 8)
    view.setUint16(2, checksum([...message]))
    this.#sendPacket(ipv4Packet(bytesOf(from), source, message, { protocol: ICMP }))
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }

  #sendPacket(packet: Uint8Array): void {
    const bytes = this.#family === 'IPv4' ? packet.slice(16, 20) : packet.slice(24, 40)
    this.#socket.sendTo(packet, { family: this.#family, bytes, port: 0, scope: 0 })
  }
}

function bytesOf(address: string): Uint8Array {
  const bytes = inetPton(address)
  if (bytes === undefined) throw new RangeError(`${address} is not a numeric address`)
  return bytes
}

function udpDatagram(
  source: Uint8Array,
  destination: Uint8Array,
  sourcePort: number,
  destinationPort: number,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, sourcePort)
  view.setUint16(2, destinationPort)
  view.setUint16(4, bytes.length)
  bytes.set(payload, 8)
  const pseudo = [...source, ...destination, 0, UDP, bytes.length >> 8, bytes.length & 0xff]
  view.setUint16(6, checksum([...pseudo, ...bytes]))
  return bytes
}

/** The kernel writes the checksum of the header (raw(7)). */
function ipv4Packet(
  source: Uint8Array,
  destination: Uint8Array,
  fragment: Uint8Array,
  { protocol = UDP, identification = 0, flagsAndOffset = 0 },
): Uint8Array {
  const packet = new Uint8Array(20 + fragment.length)
  const view = new DataView(packet.buffer)
  packet.set([0x45, 0, packet.length >> 8, packet.length & 0xff])
  view.setUint16(4, identification)
  view.setUint16(6, flagsAndOffset)
  packet.set([HOP_LIMIT, protocol], 8)
  packet.set(source, 12)
  packet.set(destination, 16)
  packet.set(fragment, 20)
  return packet
}

function ipv6Packet(source: Uint8Array, destination: Uint8Array, datagram: Uint8Array): Uint8Array {
  const { length } = datagram
  const header = [0x60, 0, 0, 0, length >> 8, length & 0xff, UDP, HOP_LIMIT]
  return Uint8Array.from([...header, ...source, ...destination, ...datagram])
}

/** RFC 1071; an odd last byte is followed by 0. */
function checksum(bytes: readonly number[]): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return 0xffff ^ sum
}
