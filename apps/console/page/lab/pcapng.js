import { microsOf } from './sequence.js'

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const ENHANCED_PACKET = 6
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const VERSION_1_0 = 1
/** The length of a section, 64 bits, that is not told. */
const UNKNOWN_LENGTH = [0xffffffff, 0xffffffff]
/** Packets begin with their IP header. */
const LINKTYPE_RAW = 101
/** What lab keeps of a packet. */
const SNAP_LENGTH = 256

/** The packets of a run as a capture file (draft-ietf-opsawg-pcapng), each at the time of its step. */
export function pcapngOf(steps) {
  const packets = steps.flatMap(({ at, packets: sent }) =>
    sent.map((packet) => packetBlock(microsOf(at), packet)),
  )
  return new Blob([
    block(SECTION_HEADER, [BYTE_ORDER_MAGIC, VERSION_1_0, ...UNKNOWN_LENGTH]),
    block(INTERFACE_DESCRIPTION, [LINKTYPE_RAW, SNAP_LENGTH]),
    ...packets,
  ])
}

function packetBlock(micros, { bytes, length }) {
  const kept = Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0))
  const words = [0, Math.floor(micros / 2 ** 32), micros % 2 ** 32, kept.length, length]
  return block(ENHANCED_PACKET, words, kept)
}

/** Its length stands at both ends, and what it holds is filled up to 32 bits. */
function block(type, words, bytes = new Uint8Array(0)) {
  const head = 8 + words.length * 4
  const length = head + Math.ceil(bytes.length / 4) * 4 + 4
  const view = new DataView(new ArrayBuffer(length))
  const all = [type, length, ...words]
  for (const [at, word] of all.entries()) view.setUint32(at * 4, word, true)
  new Uint8Array(view.buffer).set(bytes, head)
  view.setUint32(length - 4, length, true)
  return view
}
