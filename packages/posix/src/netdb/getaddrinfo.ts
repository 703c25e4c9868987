import { blockingFunction, integerFunction, lastErrno, libcFunction } from '../ffi/libc.ts'
import { addressOf, copyMemory, StructReader, pinned, cString } from '../ffi/native-memory.ts'
import {
  AF_INET,
  AF_INET6,
  decodeSocketAddress,
  type InternetAddress,
  encodeSocketAddress,
} from '../socket/socket-address.ts'
import { addressInfoError, EAI_SYSTEM } from './resolver-error.ts'

const GETADDRINFO = 'int getaddrinfo(void *, void *, void *, void *)'
const getaddrinfoCall = blockingFunction(GETADDRINFO)
const getaddrinfoHere = integerFunction(GETADDRINFO)
const freeaddrinfo = libcFunction('void freeaddrinfo(void *)')
const setlocale = libcFunction('void *setlocale(int, const char *)')
/** setlocale(3): what the bytes of a text mean. A program starts with ASCII, and AI_IDN takes no more then. */
const LC_CTYPE = 0

/** Offsets in struct addrinfo (getaddrinfo(3)), the same on every 64-bit Linux, glibc and musl. */
export const ADDRINFO = {
  ai_flags: 0,
  ai_family: 4,
  ai_socktype: 8,
  ai_protocol: 12,
  ai_addrlen: 16,
  ai_addr: 24,
  ai_canonname: 32,
  ai_next: 40,
  bytes: 48,
} as const

/** getaddrinfo(3): the flags. AI_IDN and AI_CANONIDN are glibc's; musl answers them with EAI_BADFLAGS. */
export const AI = {
  AI_PASSIVE: 0x1,
  AI_CANONNAME: 0x2,
  AI_NUMERICHOST: 0x4,
  AI_V4MAPPED: 0x8,
  AI_ALL: 0x10,
  AI_ADDRCONFIG: 0x20,
  AI_IDN: 0x40,
  AI_CANONIDN: 0x80,
  AI_NUMERICSERV: 0x400,
} as const

/** socket(2): the types. */
const SOCKET_TYPES = { stream: 1, datagram: 2, raw: 3, seqpacket: 5 } as const
type SocketType = keyof typeof SOCKET_TYPES

/** Hints that narrow the answer; by default none (`AF_UNSPEC`, 0). */
export interface AddressInfoHints {
  family?: 'IPv4' | 'IPv6' | undefined
  socketType?: SocketType | undefined
  /** As protocols(5) numbers them: 6 is TCP. */
  protocol?: number | undefined
  /** None by default, unlike libc's own default of AI_V4MAPPED and AI_ADDRCONFIG. */
  flags?: readonly (keyof typeof AI)[]
}

/** One way to reach, or to be, what was asked for. */
export interface AddressInfo {
  address: InternetAddress
  socketType: SocketType | undefined
  protocol: number
  /** Of the first answer, when AI_CANONNAME asked for it. */
  canonicalName: string | undefined
}

/**
 * The addresses of a host and the port of a service, in libc's order of preference (getaddrinfo(3), RFC 3493,
 * RFC 6724). It may wait for a name server: on another thread, which cannot be interrupted.
 *
 * @param host a name or a numeric address; undefined is this host: the wildcard with AI_PASSIVE, else loopback
 * @param service a name or a port; undefined leaves the port 0
 * @throws {ResolverError} EAI_NONAME and the others
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export async function getaddrinfo(
  host: string | undefined,
  service: string | undefined,
  hints: AddressInfoHints = {},
): Promise<AddressInfo[]> {
  if (hints.flags?.includes('AI_IDN')) setlocale(LC_CTYPE, 'C.UTF-8')
  const result = new BigUint64Array(1)
  const question = [text(host), text(service), encodeHints(hints)] as const
  const memory = [...question, result].filter((each) => each !== null)
  return pinned(memory, async () => {
    const [node, port, wanted] = question
    const values = [pointerTo(node), pointerTo(port), addressOf(wanted), addressOf(result)] as const
    const first = await getaddrinfoCall(...values)
    // errno stayed with the thread of that call; what is wrong with this system will be wrong once more here.
    const code = first === EAI_SYSTEM ? getaddrinfoHere(...values) : first
    if (code === 0) return takeList(result[0] ?? 0n)
    throw addressInfoError('getaddrinfo', code, [host ?? 'NULL', service ?? 'NULL'], lastErrno())
  })
}

/** Reads the list and frees it, whatever happens. */
function takeList(first: bigint): AddressInfo[] {
  const found: AddressInfo[] = []
  try {
    for (let at = first; at !== 0n;) {
      const entry = new StructReader(at, ADDRINFO.bytes)
      found.push(...decodeEntry(entry))
      at = entry.pointer(ADDRINFO.ai_next)
    }
  } finally {
    freeaddrinfo(first)
  }
  return found
}

function decodeEntry(entry: StructReader): AddressInfo[] {
  const length = entry.int32(ADDRINFO.ai_addrlen)
  const memory = copyMemory(entry.pointer(ADDRINFO.ai_addr), length)
  const decoded = decodeSocketAddress(memory, length)
  if (decoded === undefined || decoded.family === 'unix') return []
  return [
    {
      address: decoded,
      socketType: socketType(entry.int32(ADDRINFO.ai_socktype)),
      protocol: entry.int32(ADDRINFO.ai_protocol),
      canonicalName: entry.text(ADDRINFO.ai_canonname) || undefined,
    },
  ]
}

function socketType(number: number): SocketType | undefined {
  return (Object.keys(SOCKET_TYPES) as SocketType[]).find((name) => SOCKET_TYPES[name] === number)
}

function encodeHints({ family, socketType: type, protocol, flags }: AddressInfoHints): Int32Array {
  const hints = new Int32Array(ADDRINFO.bytes / 4)
  hints[0] = (flags ?? []).reduce((all, flag) => all | AI[flag], 0)
  hints[1] = family === undefined ? 0 : { IPv4: AF_INET, IPv6: AF_INET6 }[family]
  hints[2] = type === undefined ? 0 : SOCKET_TYPES[type]
  hints[3] = protocol ?? 0
  return hints
}

function text(value: string | undefined): Uint8Array | null {
  return value === undefined ? null : cString(value)
}

function pointerTo(memory: Uint8Array | null): bigint | null {
  return memory === null ? null : addressOf(memory)
}

const GETNAMEINFO = 'int getnameinfo(void *, uint32_t, void *, uint32_t, void *, uint32_t, int)'
const getnameinfoCall = blockingFunction(GETNAMEINFO)
const getnameinfoHere = integerFunction(GETNAMEINFO)

/** getnameinfo(3): the longest answers (RFC 2553, section 6.2). */
const NI_MAXHOST = 1_025
const NI_MAXSERV = 32

/** getnameinfo(3): the flags. NI_IDN is glibc's, and needs libidn2. */
export const NI = {
  NI_NUMERICHOST: 1,
  NI_NUMERICSERV: 2,
  NI_NOFQDN: 4,
  NI_NAMEREQD: 8,
  NI_DGRAM: 16,
  NI_IDN: 32,
} as const

/** What getnameinfo(3) returns. */
export interface NameInfo {
  host: string
  service: string
}

/**
 * The names of an address and its port, or their numbers where there are none (getnameinfo(3)). It may wait
 * for a name server: on another thread, which cannot be interrupted.
 *
 * @param shown the address in an error's words
 * @throws {ResolverError} EAI_NONAME with NI_NAMEREQD, and the others
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export async function getnameinfo(
  address: InternetAddress,
  shown: string,
  flags: readonly (keyof typeof NI)[] = [],
): Promise<NameInfo> {
  const encoded = encodeSocketAddress(address)
  const host = new Uint8Array(NI_MAXHOST)
  const service = new Uint8Array(NI_MAXSERV)
  return pinned([encoded, host, service], async () => {
    const mask = flags.reduce((all, flag) => all | NI[flag], 0)
    const from = [addressOf(encoded), encoded.length] as const
    const names = [addressOf(host), host.length, addressOf(service), service.length] as const
    const values = [...from, ...names, mask]
    const first = await getnameinfoCall(...values)
    // As in getaddrinfo: errno stayed with the thread of that call.
    const code = first === EAI_SYSTEM ? getnameinfoHere(...values) : first
    if (code === 0) return { host: textIn(host), service: textIn(service) }
    throw addressInfoError('getnameinfo', code, [shown], lastErrno())
  })
}

function textIn(memory: Uint8Array): string {
  return Buffer.from(memory.subarray(0, memory.indexOf(0))).toString()
}
