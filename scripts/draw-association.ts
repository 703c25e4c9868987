// Draws packets as tshark tells them (docs/sctp-association.md says how it is asked): one line a packet.
import { text } from 'node:stream/consumers'

const WIDTH = 66
const DATA_HEADER_BYTES = 16
const DATA = 0
const SACK = 3

/** RFC 9260 section 3.2, and RFC 4820. */
const CHUNK_NAMES: Readonly<Record<number, string>> = {
  1: 'INIT',
  2: 'INIT ACK',
  4: 'HEARTBEAT',
  5: 'HEARTBEAT ACK',
  6: 'ABORT',
  7: 'SHUTDOWN',
  8: 'SHUTDOWN ACK',
  9: 'ERROR',
  10: 'COOKIE ECHO',
  11: 'COOKIE ACK',
  14: 'SHUTDOWN COMPLETE',
  132: 'PAD',
}

/** One packet: the fields of all its chunks, in their order. */
interface Packet {
  millis: number
  sourcePort: number
  types: number[]
  lengths: number[]
  tsns: string[]
  streams: number[]
  sequences: string[]
  acknowledged: string[]
  windows: string[]
}

function parsePacket(line: string): Packet {
  const [seconds, sourcePort, ...columns] = line.split('|')
  const lists = columns.map((column) => (column === '' ? [] : column.split(',')))
  const [types = [], lengths = [], tsns = [], streams = [], sequences = []] = lists
  const [acknowledged = [], windows = []] = lists.slice(5)
  return {
    millis: Number(seconds) * 1000,
    sourcePort: Number(sourcePort),
    types: types.map(Number),
    lengths: lengths.map(Number),
    tsns,
    streams: streams.map(Number),
    sequences,
    acknowledged,
    windows,
  }
}

/** What a packet says, its chunks in their order. TSNs count from the first one of each side. */
function describe(packet: Packet): string {
  let data = 0
  const chunks = packet.types.map((type, index) => {
    if (type === SACK) return `SACK to ${packet.acknowledged[0]}, room ${packet.windows[0]}`
    if (type !== DATA) return CHUNK_NAMES[type] ?? `chunk ${type}`
    const bytes = (packet.lengths[index] ?? 0) - DATA_HEADER_BYTES
    const words = `DATA ${packet.tsns[data]}: stream ${packet.streams[data]} seq ${packet.sequences[data]}, ${bytes} B`
    data += 1
    return words
  })
  return chunks.join(' | ')
}

function draw(packet: Packet, isClient: boolean): string {
  const words = ` ${describe(packet)} `
  const arrow = isClient ? `|-${words.padEnd(WIDTH, '-')}->|` : `|<-${words.padStart(WIDTH, '-')}-|`
  return `${packet.millis.toFixed(1).padStart(8)} ms  ${arrow}`
}

const packets = (await text(process.stdin)).trim().split('\n').map(parsePacket)
const client = packets[0]?.sourcePort
process.stdout.write(`             client${' '.repeat(WIDTH - 8)}server\n`)
for (const packet of packets)
  process.stdout.write(`${draw(packet, packet.sourcePort === client)}\n`)
