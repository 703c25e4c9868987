import { blockingFunction, libcFunction } from '../ffi/libc.ts'
import {
  addressOf,
  copyMemory,
  StructReader,
  pinned,
  cString,
  pointerFunction,
} from '../ffi/native-memory.ts'
import { AF_INET, AF_INET6 } from '../socket/socket-address.ts'
import { hostError } from './resolver-error.ts'
import { enumerate } from './services-protocols.ts'

const sethostent = libcFunction('void sethostent(int)')
const nextEntry = pointerFunction('void *gethostent()')
const endhostent = libcFunction('void endhostent()')
const byName = blockingFunction(
  'int gethostbyname2_r(void *, int, void *, void *, size_t, void *, void *)',
)
const byAddress = blockingFunction(
  'int gethostbyaddr_r(void *, uint32_t, int, void *, void *, size_t, void *, void *)',
)

/** Offsets in struct hostent (gethostbyname(3)), the same on every 64-bit Linux. */
export const HOSTENT = {
  h_name: 0,
  h_aliases: 8,
  h_addrtype: 16,
  h_length: 20,
  h_addr_list: 24,
  bytes: 32,
} as const

const FIRST_BUFFER_BYTES = 1_024
const LARGEST_BUFFER_BYTES = 1_048_576
const ERANGE = 34

/** A host: a line of hosts(5), or what another source says. */
export interface HostEntry {
  /** The official name. */
  name: string
  aliases: string[]
  family: 'IPv4' | 'IPv6'
  /** Each of 4 or 16 bytes, in network order. */
  addresses: Uint8Array[]
}

/**
 * A host by its name (gethostbyname2(3), the reentrant one, on another thread: it may wait for a name server).
 *
 * @throws {ResolverError} HOST_NOT_FOUND, NO_DATA (it exists, without such an address), TRY_AGAIN, NO_RECOVERY
 */
export async function gethostbyname(
  name: string,
  family: 'IPv4' | 'IPv6' = 'IPv4',
): Promise<HostEntry> {
  const text = cString(name)
  return ask('gethostbyname', name, text, (answer) =>
    byName(addressOf(text), numberOf(family), ...answer),
  )
}

/**
 * A host by its address (gethostbyaddr(3), likewise).
 *
 * @param address 4 or 16 bytes in network order
 * @param shown the address in an error's words
 * @throws {ResolverError} as gethostbyname
 */
export async function gethostbyaddr(address: Uint8Array, shown: string): Promise<HostEntry> {
  const family = numberOf(address.length === 4 ? 'IPv4' : 'IPv6')
  return ask('gethostbyaddr', shown, address, (answer) =>
    byAddress(addressOf(address), address.length, family, ...answer),
  )
}

/**
 * The whole database, from sethostent(3) over gethostent to endhostent: /etc/hosts, a DNS cannot be gone through.
 * glibc shows IPv4 addresses only (and ::1 as 127.0.0.1); musl has none to go through. Not from two threads.
 */
export function gethostent(): HostEntry[] {
  return enumerate(sethostent, nextEntry, endhostent, (address) =>
    address === undefined ? undefined : entryAt(address),
  )
}

type Answer = readonly [
  entry: bigint,
  buffer: bigint,
  bytes: number,
  result: bigint,
  herrno: bigint,
]

/** Makes the call with ever larger buffers until the answer fits (ERANGE). */
async function ask(
  syscall: string,
  shown: string,
  question: Uint8Array,
  call: (answer: Answer) => Promise<number>,
): Promise<HostEntry> {
  for (let bytes = FIRST_BUFFER_BYTES; ; bytes *= 4) {
    const { found, code, herrno } = await askOnce(question, bytes, call)
    if (found !== undefined) return found
    if (code !== ERANGE || bytes >= LARGEST_BUFFER_BYTES)
      throw hostError(syscall, herrno, [shown], code)
  }
}

function askOnce(question: Uint8Array, bytes: number, call: (answer: Answer) => Promise<number>) {
  const entry = new Uint8Array(HOSTENT.bytes)
  const buffer = new Uint8Array(bytes)
  const result = new BigUint64Array(1)
  const herrno = new Int32Array(1)
  return pinned([question, entry, buffer, result, herrno], async () => {
    const where = [addressOf(entry), addressOf(buffer)] as const
    const code = await call([...where, bytes, addressOf(result), addressOf(herrno)])
    const [address = 0n] = result
    const found = address === 0n ? undefined : entryAt(address)
    return { found, code, herrno: herrno[0] ?? 0 }
  })
}

function entryAt(address: bigint): HostEntry {
  const entry = new StructReader(address, HOSTENT.bytes)
  const length = entry.int32(HOSTENT.h_length)
  return {
    name: entry.text(HOSTENT.h_name),
    aliases: entry.texts(HOSTENT.h_aliases),
    family: entry.int32(HOSTENT.h_addrtype) === AF_INET6 ? 'IPv6' : 'IPv4',
    addresses: entry.pointers(HOSTENT.h_addr_list).map((at) => copyMemory(at, length)),
  }
}

function numberOf(family: 'IPv4' | 'IPv6'): number {
  return family === 'IPv4' ? AF_INET : AF_INET6
}
