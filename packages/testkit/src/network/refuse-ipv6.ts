/** Loaded before a program (node --import): from then on the kernel refuses it sockets of AF_INET6 (seccomp(2)). */
import { loadKoffi } from '@sockyard/posix/ffi'

const LOAD_WORD = 0x20
const JUMP_IF_EQUAL = 0x15
const RETURN = 0x06
const ALLOW = 0x7fff0000
const ERRNO = 0x00050000
const EAFNOSUPPORT = 97
const AF_INET6 = 10
const SYSTEM_CALLS: Readonly<Record<string, { socket: number; seccomp: number }>> = {
  x64: { socket: 41, seccomp: 317 },
  arm64: { socket: 198, seccomp: 277 },
}
const PR_SET_NO_NEW_PRIVS = 38
const SECCOMP_SET_MODE_FILTER = 1
const SECCOMP_FILTER_FLAG_TSYNC = 1

const numbers = SYSTEM_CALLS[process.arch]
if (numbers === undefined) throw new Error(`no system call numbers for ${process.arch}`)

/** struct seccomp_data: the number of the system call at 0, its first argument at 16. */
const filter = [
  [LOAD_WORD, 0, 0, 0],
  [JUMP_IF_EQUAL, numbers.socket, 0, 3],
  [LOAD_WORD, 16, 0, 0],
  [JUMP_IF_EQUAL, AF_INET6, 0, 1],
  [RETURN, ERRNO | EAFNOSUPPORT, 0, 0],
  [RETURN, ALLOW, 0, 0],
] as const

/** struct sock_fprog (linux/filter.h) and the instructions behind it, in one piece of memory. */
const memory = new DataView(new ArrayBuffer(16 + filter.length * 8))
for (const [index, [operation, value, ifTrue, ifFalse]] of filter.entries()) {
  const at = 16 + index * 8
  memory.setUint16(at, operation, true)
  memory.setUint8(at + 2, ifTrue)
  memory.setUint8(at + 3, ifFalse)
  memory.setUint32(at + 4, value, true)
}
const koffi = loadKoffi()
const library = koffi.load(null)
memory.setUint16(0, filter.length, true)
memory.setBigUint64(8, koffi.address(memory) + 16n, true)
const prctl = library.func('int prctl(int, uint64_t, uint64_t, uint64_t, uint64_t)')
const syscall = library.func('int64_t syscall(int64_t, uint64_t, uint64_t, const uint8_t *)')
prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
const { seccomp } = numbers
if (syscall(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, memory) !== 0)
  throw new Error(`seccomp: errno ${koffi.errno()}`)
