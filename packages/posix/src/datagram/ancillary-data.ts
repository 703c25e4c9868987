import { systemCall } from '../ffi/libc.ts'
import { LITTLE } from '../ffi/native-memory.ts'
import type { NativeSocket } from '../socket/native-socket.ts'
import { MAPPED, RECORD } from './received-datagrams.ts'

const setsockopt = systemCall('int setsockopt(int, int, int, const int32_t *, uint32_t)')

/** cmsg(3): a header of length, level and type; the data after it begins and ends at a multiple of 8. */
const HEADER_BYTES = 16
const SOL_SOCKET = 1
const SOL_IP = 0
const SOL_IPV6 = 41
const SOL_UDP = 17
const SO_TIMESTAMPNS = 35
const SO_RXQ_OVFL = 40
const IP_TOS = 1
const IP_TTL = 2
const IP_PKTINFO = 8
const IP_RECVTTL = 12
const IP_RECVTOS = 13
const IPV6_RECVPKTINFO = 49
const IPV6_PKTINFO = 50
const IPV6_RECVHOPLIMIT = 51
const IPV6_HOPLIMIT = 52
const IPV6_RECVTCLASS = 66
const IPV6_TCLASS = 67
const UDP_SEGMENT = 103
const UDP_GRO = 104

type Option = readonly [level: number, name: number]
const TIMESTAMP: Option = [SOL_SOCKET, SO_TIMESTAMPNS]
const DROPS: Option = [SOL_SOCKET, SO_RXQ_OVFL]
const JOINED: Option = [SOL_UDP, UDP_GRO]

/** The options that ask for each field, by the family of the socket; a dual-stack socket needs those of both. */
const OPTIONS = {
  /** The address it was sent to, and the interface it arrived on (IP_PKTINFO, IPV6_PKTINFO). */
  destination: { IPv4: [[SOL_IP, IP_PKTINFO]], IPv6: [[SOL_IPV6, IPV6_RECVPKTINFO]] },
  /** TTL or hop limit on arrival (IP_TTL, IPV6_HOPLIMIT). */
  hopLimit: {
    IPv4: [[SOL_IP, IP_RECVTTL]],
    IPv6: [
      [SOL_IPV6, IPV6_RECVHOPLIMIT],
      [SOL_IP, IP_RECVTTL],
    ],
  },
  /** Type of service or traffic class on arrival, DSCP and ECN (IP_TOS, IPV6_TCLASS). */
  trafficClass: {
    IPv4: [[SOL_IP, IP_RECVTOS]],
    IPv6: [
      [SOL_IPV6, IPV6_RECVTCLASS],
      [SOL_IP, IP_RECVTOS],
    ],
  },
  /** When the kernel received it (SO_TIMESTAMPNS). */
  timestamp: { IPv4: [TIMESTAMP], IPv6: [TIMESTAMP] },
  /** How many were dropped before it (SO_RXQ_OVFL). */
  drops: { IPv4: [DROPS], IPv6: [DROPS] },
  /** Datagrams of one length may be joined into one (UDP_GRO, Linux 5.0): read `segmentBytes`. */
  joined: { IPv4: [JOINED], IPv6: [JOINED] },
} satisfies Record<string, Record<'IPv4' | 'IPv6', readonly Option[]>>

/** What can be known of a datagram besides its bytes and its source (RFC 3542; ip(7), socket(7), udp(7)). */
export type AncillaryField = keyof typeof OPTIONS

/**
 * Asks the kernel for fields of each datagram that this socket receives from now on; ReceiveBatch reads them.
 *
 * @param family the socket's own
 * @throws {SystemCallError} ENOPROTOOPT where the kernel does not have one of them
 */
export function enableAncillaryData(
  socket: NativeSocket,
  family: 'IPv4' | 'IPv6',
  fields: readonly AncillaryField[],
): void {
  const on = Int32Array.of(1)
  for (const field of fields)
    for (const [level, option] of OPTIONS[field][family])
      setsockopt(socket.descriptor, level, option, on, 4)
}

/** Room for all that can be asked for at once; the kernel needs less than 200. */
export const RECEIVED_CONTROL_BYTES = 256
/** An IPV6_PKTINFO and a UDP_SEGMENT. */
export const SENT_CONTROL_BYTES = 64

/**
 * Reads the control messages of one datagram (recvmsg(2), ip(7), ipv6(7), udp(7)) into its record. Unknown
 * messages are skipped; one with an impossible length ends the reading.
 *
 * @param start where they begin in `view`
 * @param end where what the kernel wrote ends
 * @param at where the record begins
 */
export function readControlMessages(
  view: DataView,
  start: number,
  end: number,
  record: DataView,
  at: number,
): void {
  let next = start
  while (next + HEADER_BYTES <= end) {
    const length = view.getUint32(next, LITTLE)
    if (length < HEADER_BYTES || next + length > end) return
    readMessage(view, next, length - HEADER_BYTES, record, at)
    next += (length + 7) & ~7
  }
}

function readMessage(view: DataView, start: number, size: number, to: DataView, at: number): void {
  const level = view.getInt32(start + 8, LITTLE)
  const type = view.getInt32(start + 12, LITTLE)
  const data = start + HEADER_BYTES
  if (level === SOL_SOCKET) readSocketMessage(type, view, data, size, to, at)
  else if (level === SOL_IP && type === IP_PKTINFO && size >= 12) readIPv4(view, data, to, at)
  else if (level === SOL_IPV6 && type === IPV6_PKTINFO && size >= 20) readIPv6(view, data, to, at)
  else if (isHopLimit(level, type) && size >= 4) copyWord(view, data, to, at + RECORD.hopLimit)
  else if (level === SOL_UDP && type === UDP_GRO && size >= 4)
    copyWord(view, data, to, at + RECORD.segmentBytes)
  else if (isTrafficClass(level, type) && size >= 1)
    // One byte as IP_TOS, an int as IPV6_TCLASS (RFC 3542, section 6.5): the value is in the first byte of both.
    to.setInt32(at + RECORD.trafficClass, view.getUint8(data), LITTLE)
}

function readSocketMessage(
  type: number,
  view: DataView,
  data: number,
  size: number,
  to: DataView,
  at: number,
): void {
  if (type === SO_RXQ_OVFL && size >= 4) copyWord(view, data, to, at + RECORD.drops)
  if (type !== SO_TIMESTAMPNS || size < 16) return
  copyWord(view, data, to, at + RECORD.seconds)
  copyWord(view, data + 4, to, at + RECORD.seconds + 4)
  copyWord(view, data + 8, to, at + RECORD.nanoseconds)
}

function isHopLimit(level: number, type: number): boolean {
  return (level === SOL_IP && type === IP_TTL) || (level === SOL_IPV6 && type === IPV6_HOPLIMIT)
}

function isTrafficClass(level: number, type: number): boolean {
  return (level === SOL_IP && type === IP_TOS) || (level === SOL_IPV6 && type === IPV6_TCLASS)
}

/** struct in_pktinfo: interface, local address, destination address. */
function readIPv4(view: DataView, data: number, to: DataView, at: number): void {
  to.setInt32(at + RECORD.destinationFamily, 4, LITTLE)
  to.setInt32(at + RECORD.destination + 8, MAPPED, LITTLE)
  to.setInt32(at + RECORD.destination + 12, view.getInt32(data + 8), LITTLE)
  copyWord(view, data, to, at + RECORD.interfaceIndex)
}

/** struct in6_pktinfo: destination address, interface. */
function readIPv6(view: DataView, data: number, to: DataView, at: number): void {
  readIPv6Words(view, data, to, at + RECORD.destination)
  const family = isMapped(to, at + RECORD.destination) ? 4 : 6
  to.setInt32(at + RECORD.destinationFamily, family, LITTLE)
  copyWord(view, data + 16, to, at + RECORD.interfaceIndex)
}

/** Four words of an address, from network order to that of a record. */
export function readIPv6Words(view: DataView, from: number, to: DataView, at: number): void {
  for (let byte = 0; byte < 16; byte += 4)
    to.setInt32(at + byte, view.getInt32(from + byte), LITTLE)
}

/** Whether the four words are an IPv4 address as a dual-stack socket shows it. */
export function isMapped(record: DataView, at: number): boolean {
  return (
    record.getInt32(at + 8, LITTLE) === MAPPED &&
    record.getInt32(at, LITTLE) === 0 &&
    record.getInt32(at + 4, LITTLE) === 0
  )
}

function copyWord(from: DataView, offset: number, to: DataView, at: number): void {
  to.setInt32(at, from.getInt32(offset, LITTLE), LITTLE)
}

/**
 * Writes the control message that makes a datagram leave from the address of a record's destination
 * (IP_PKTINFO, IPV6_PKTINFO); the routes say by which interface.
 *
 * @param ipv4Socket the socket's own family: a dual-stack socket gets IPv4-mapped addresses
 * @returns the bytes written, 0 when the destination is not known
 */
export function writeSource(
  view: DataView,
  start: number,
  record: DataView,
  at: number,
  ipv4Socket: boolean,
): number {
  if (record.getInt32(at + RECORD.destinationFamily, LITTLE) === 0) return 0
  const address = at + RECORD.destination
  const data = start + HEADER_BYTES
  if (ipv4Socket) {
    writeHeader(view, start, 12, SOL_IP, IP_PKTINFO)
    view.setInt32(data, 0, LITTLE)
    view.setInt32(data + 4, record.getInt32(address + 12, LITTLE))
    view.setInt32(data + 8, 0)
    return 32
  }
  writeHeader(view, start, 20, SOL_IPV6, IPV6_PKTINFO)
  for (let byte = 0; byte < 16; byte += 4)
    view.setInt32(data + byte, record.getInt32(address + byte, LITTLE))
  view.setInt32(data + 16, 0, LITTLE)
  return 40
}

/** As `writeSource`, of an address by itself: 4 bytes for a socket of IPv4, 16 for one of IPv6. */
export function writeSourceAddress(view: DataView, start: number, source: Uint8Array): number {
  const ipv4 = source.length === 4
  if (ipv4) writeHeader(view, start, 12, SOL_IP, IP_PKTINFO)
  else writeHeader(view, start, 20, SOL_IPV6, IPV6_PKTINFO)
  const data = start + HEADER_BYTES
  for (let byte = 0; byte < 20; byte += 4) view.setInt32(data + byte, 0)
  for (const [index, byte] of source.entries()) view.setUint8(data + (ipv4 ? 4 : 0) + index, byte)
  return ipv4 ? 32 : 40
}

/** Writes the control message that cuts a message into datagrams (UDP_SEGMENT, udp(7)). @returns its bytes */
export function writeSegmentBytes(view: DataView, start: number, bytes: number): number {
  writeHeader(view, start, 2, SOL_UDP, UDP_SEGMENT)
  view.setUint16(start + HEADER_BYTES, bytes, LITTLE)
  return 24
}

function writeHeader(
  view: DataView,
  start: number,
  size: number,
  level: number,
  type: number,
): void {
  view.setUint32(start, HEADER_BYTES + size, LITTLE)
  view.setUint32(start + 4, 0, LITTLE)
  view.setInt32(start + 8, level, LITTLE)
  view.setInt32(start + 12, type, LITTLE)
}
