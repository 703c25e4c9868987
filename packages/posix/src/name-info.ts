import { holding } from './foreign-memory.ts'
import { blockingFunction, integerFunction, lastErrno } from './libc.ts'
import { addressOf } from './native-memory.ts'
import { addressInfoError, EAI_SYSTEM } from './resolver-error.ts'
import { encodeSocketAddress, type InternetAddress } from './socket-address.ts'

const PROTOTYPE = 'int getnameinfo(void *, uint32_t, void *, uint32_t, void *, uint32_t, int)'
const getnameinfoCall = blockingFunction(PROTOTYPE)
const getnameinfoHere = integerFunction(PROTOTYPE)

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
  return holding([encoded, host, service], async () => {
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
