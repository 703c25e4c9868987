import { copyMemory, ForeignStruct, holding, nativeText } from './foreign-memory.ts'
import { blockingFunction, integerFunction, lastErrno, libcFunction } from './libc.ts'
import { addressOf } from './native-memory.ts'
import { addressInfoError, EAI_SYSTEM } from './resolver-error.ts'
import { AF_INET, AF_INET6, decodeSocketAddress, type InternetAddress } from './socket-address.ts'

const PROTOTYPE = 'int getaddrinfo(void *, void *, void *, void *)'
const getaddrinfoCall = blockingFunction(PROTOTYPE)
const getaddrinfoHere = integerFunction(PROTOTYPE)
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

/** What narrows the answer; nothing of it is asked for unless told (`AF_UNSPEC`, 0). */
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
  return holding(memory, async () => {
    const [node, port, wanted] = question
    const values = [address(node), address(port), addressOf(wanted), addressOf(result)] as const
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
      const entry = new ForeignStruct(at, ADDRINFO.bytes)
      found.push(...decodeEntry(entry))
      at = entry.pointer(ADDRINFO.ai_next)
    }
  } finally {
    freeaddrinfo(first)
  }
  return found
}

function decodeEntry(entry: ForeignStruct): AddressInfo[] {
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
  return value === undefined ? null : nativeText(value)
}

function address(memory: Uint8Array | null): bigint | null {
  return memory === null ? null : addressOf(memory)
}
