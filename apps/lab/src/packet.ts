/** What a packet says, in words. */
export interface Packet {
  protocol: 'tcp' | 'udp' | 'icmp'
  source: string
  destination: string
  /** Of both ends; of an ICMP error those of the packet that it is about. */
  ports: readonly [source: number, destination: number]
  about: string
}

/** Addresses, protocol and payload of an IPv4 packet. */
interface Ipv4 {
  protocol: number
  source: string
  destination: string
  payload: Uint8Array
  /** Of the payload, of which less may be here. */
  payloadLength: number
}

const ICMP = 1
const TCP = 6
const UDP = 17
const SMALLEST_HEADER = 20
const UDP_HEADER = 8
const ICMP_HEADER = 8
/** RFC 9293, section 3.1, from the lowest bit; PSH says nothing to a reader. */
const TCP_FLAGS = [
  [0x02, 'SYN'],
  [0x01, 'FIN'],
  [0x04, 'RST'],
  [0x20, 'URG'],
  [0x10, 'ACK'],
] as const

/**
 * Reads an IPv4 packet (RFC 791) that carries TCP (RFC 9293), UDP (RFC 768) or an ICMP error (RFC 792).
 *
 * @param bytes its first bytes at least
 * @returns undefined for every other one
 */
export function parsePacket(bytes: Uint8Array): Packet | undefined {
  const ip = ipv4In(bytes)
  if (ip?.protocol === ICMP) return icmpIn(ip)
  const ports = ip && portsIn(ip)
  if (ip === undefined || ports === undefined) return undefined
  const about = ip.protocol === TCP ? tcpText(ip) : byteText(ip.payloadLength - UDP_HEADER)
  if (about === undefined) return undefined
  return {
    protocol: ip.protocol === TCP ? 'tcp' : 'udp',
    source: `${ip.source}:${ports[0]}`,
    destination: `${ip.destination}:${ports[1]}`,
    ports,
    about,
  }
}

function ipv4In(bytes: Uint8Array): Ipv4 | undefined {
  const [first = 0] = bytes
  const headerBytes = (first & 15) * 4
  if (first >> 4 !== 4 || headerBytes < SMALLEST_HEADER || bytes.length < headerBytes)
    return undefined
  const total = uint16(bytes, 2)
  if (total < headerBytes) return undefined
  return {
    protocol: bytes[9] ?? 0,
    source: bytes.subarray(12, 16).join('.'),
    destination: bytes.subarray(16, 20).join('.'),
    payload: bytes.subarray(headerBytes, total),
    payloadLength: total - headerBytes,
  }
}

function portsIn({ protocol, payload }: Ipv4): Packet['ports'] | undefined {
  if ((protocol !== TCP && protocol !== UDP) || payload.length < UDP_HEADER) return undefined
  return [uint16(payload, 0), uint16(payload, 2)]
}

function tcpText({ payload, payloadLength }: Ipv4): string | undefined {
  const headerBytes = ((payload[12] ?? 0) >> 4) * 4
  if (headerBytes < SMALLEST_HEADER || payloadLength < headerBytes) return undefined
  const bits = payload[13] ?? 0
  const flags = TCP_FLAGS.flatMap(([bit, name]) => ((bits & bit) === 0 ? [] : [name]))
  const length = payloadLength - headerBytes
  return [...flags, ...(length === 0 ? [] : [byteText(length)])].join(', ')
}

/** Destination unreachable (type 3), with the packet that could not be delivered. */
function icmpIn({ source, destination, payload }: Ipv4): Packet | undefined {
  const [type, code] = payload
  const inner = type === 3 ? ipv4In(payload.subarray(ICMP_HEADER)) : undefined
  const ports = inner && portsIn(inner)
  if (ports === undefined) return undefined
  const about = code === 3 ? 'port unreachable' : `destination unreachable, code ${code}`
  return { protocol: 'icmp', source, destination, ports, about }
}

function byteText(length: number): string {
  return `${length} B`
}

function uint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0)
}
