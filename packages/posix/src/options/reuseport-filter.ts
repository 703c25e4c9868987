import { systemCall } from '../ffi/libc.ts'
import { addressOf, LITTLE } from '../ffi/native-memory.ts'
import type { NativeSocket } from '../socket/native-socket.ts'

const setsockopt = systemCall('int setsockopt(int, int, int, const uint8_t *, uint32_t)')
const SOL_SOCKET = 1
const SO_ATTACH_REUSEPORT_CBPF = 51
/** struct sock_fprog (linux/filter.h): the number of instructions, and where they are. */
const PROGRAM_HEADER_BYTES = 16
/** Where the network header begins for a filter (linux/filter.h, SKF_NET_OFF). */
const NETWORK = 0xfff00000
const LOAD_BYTE = 0x30
const LOAD_WORD = 0x20
const TO_X = 0x07
const XOR_X = 0xac
const SHIFT_RIGHT = 0x74
const MULTIPLY = 0x24
const MODULO = 0x94
const JUMP = 0x05
const JUMP_IF_EQUAL = 0x15
const RETURN_A = 0x16

type Instruction = readonly [code: number, value: number, ifTrue?: number, ifFalse?: number]

/** An IPv4 address, or the /64 of an IPv6 address, decides: scattered, since neighbours often come together. */
function program(sockets: number): readonly Instruction[] {
  return [
    [LOAD_BYTE, NETWORK],
    [SHIFT_RIGHT, 4],
    [JUMP_IF_EQUAL, 6, 0, 5],
    [LOAD_WORD, NETWORK + 8],
    [TO_X, 0],
    [LOAD_WORD, NETWORK + 12],
    [XOR_X, 0],
    [JUMP, 1],
    [LOAD_WORD, NETWORK + 12],
    [MULTIPLY, 0x9e3779b1],
    [SHIFT_RIGHT, 16],
    [MODULO, sockets],
    [RETURN_A, 0],
  ]
}

/**
 * Makes the datagrams of one source come to one socket always, of all that share a port (SO_REUSEPORT, socket(7)):
 * then what is counted for each source is right, although each socket's reader counts alone. Without it the
 * source's port decides too.
 *
 * @param socket any one of them; the program is theirs together
 * @param sockets how many there are
 * @throws {SystemCallError} ENOPROTOOPT before Linux 4.5
 */
export function attachReuseportFilter(socket: NativeSocket, sockets: number): void {
  const instructions = program(sockets)
  // One piece of memory, so that a reference to the header keeps what it points to.
  const memory = new DataView(new ArrayBuffer(PROGRAM_HEADER_BYTES + instructions.length * 8))
  for (const [index, [operation, value, ifTrue = 0, ifFalse = 0]] of instructions.entries()) {
    const at = PROGRAM_HEADER_BYTES + index * 8
    memory.setUint16(at, operation, LITTLE)
    memory.setUint8(at + 2, ifTrue)
    memory.setUint8(at + 3, ifFalse)
    memory.setUint32(at + 4, value, LITTLE)
  }
  memory.setUint16(0, instructions.length, LITTLE)
  memory.setBigUint64(8, addressOf(memory) + BigInt(PROGRAM_HEADER_BYTES), LITTLE)
  setsockopt(socket.descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, memory, PROGRAM_HEADER_BYTES)
}
