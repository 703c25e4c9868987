import { assert, integer, nat, property, uint8Array } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { decodeNtpPacket, encodeNtpPacket, stampTransmit } from './codec.ts'
import { anyFields, fieldsWith, NOW, packetWith } from './fields.testing.ts'
import type { NtpFields } from './packet.ts'

/** A stratum 1 server's reply, written out by hand after RFC 5905, figure 8. */
const REPLY = Uint8Array.fromHex(
  [
    '24 01 03 e9', // leap 0, version 4, mode 4; stratum 1; poll 3; precision -23
    '00 00 80 00', // root delay 0.5 s
    '00 01 40 00', // root dispersion 1.25 s
    '47 50 53 00', // GPS
    'ed 3c 5b 00 00 00 00 00', // reference
    'ed 3c 5b 01 80 00 00 00', // origin
    'ed 3c 5b 01 c0 00 00 00', // receive
    'ed 3c 5b 01 ff ff ff ff', // transmit
  ]
    .join('')
    .replaceAll(' ', ''),
)

function decoded(bytes: Uint8Array) {
  const result = decodeNtpPacket(bytes, NOW)
  if (!result.ok) throw result.error
  return result.value
}

function problem(bytes: Uint8Array): string {
  const result = decodeNtpPacket(bytes, NOW)
  return result.ok ? 'none' : result.error.message
}

/** A header of the version, followed by octets. */
function packetBytes(version: number, tail: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(48 + tail.length)
  bytes[0] = (version << 3) | 3
  bytes.set(tail, 48)
  return bytes
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0)
}

describe('an NTP packet', () => {
  it('takes its transmit timestamp last, and nothing else of it changes', () => {
    const bytes = encodeNtpPacket(fieldsWith({ transmitRaw: 0n }))
    stampTransmit(bytes, 0x0123_4567_89ab_cdefn)
    expect(bytes).toEqual(encodeNtpPacket(fieldsWith({ transmitRaw: 0x0123_4567_89ab_cdefn })))
  })

  it('is read field by field as RFC 5905 lays it out', () => {
    const second = 0xed3c5b01n - 2_208_988_800n
    expect(decoded(REPLY)).toEqual({
      leap: 0,
      version: 4,
      mode: 4,
      stratum: 1,
      poll: 3,
      precision: -23,
      rootDelayNanos: 500_000_000n,
      rootDispersionNanos: 1_250_000_000n,
      referenceIdRaw: 0x47505300,
      referenceId: { kind: 'source', text: 'GPS' },
      referenceRaw: 0xed3c5b0000000000n,
      referenceAt: (second - 1n) * 1_000_000_000n,
      originRaw: 0xed3c5b0180000000n,
      originAt: second * 1_000_000_000n + 500_000_000n,
      receiveRaw: 0xed3c5b01c0000000n,
      receiveAt: second * 1_000_000_000n + 750_000_000n,
      transmitRaw: 0xed3c5b01ffffffffn,
      transmitAt: (second + 1n) * 1_000_000_000n,
      extensions: [],
      mac: null,
    })
  })

  it('is encoded to the very octets it was decoded from', () => {
    expect(encodeNtpPacket(decoded(REPLY))).toEqual(REPLY)
  })

  it('has null for a zero timestamp', () => {
    expect(packetWith({ transmitRaw: 0n }).transmitAt).toBeNull()
  })

  it('is not less than 48 octets, nor a length that is no multiple of four', () => {
    expect(problem(new Uint8Array(0))).toBe('ntp: length: 0: must be 48, 52, 56 … octets')
    expect(problem(new Uint8Array(47))).toContain('47')
    expect(problem(new Uint8Array(50))).toContain('50')
  })

  it('comes out of encoding and decoding as it went in', () => {
    assert(
      property(anyFields, (fields) => {
        expect(decoded(encodeNtpPacket(fields))).toMatchObject(fields)
      }),
    )
  })

  it('comes out of decoding and encoding as it went in, or is malformed', () => {
    const words = integer({ min: 0, max: 40 })
    const bytes = words.chain((count) => uint8Array({ minLength: count * 4, maxLength: count * 4 }))
    assert(
      property(bytes, (input) => {
        const result = decodeNtpPacket(input, NOW)
        expect(result.ok ? encodeNtpPacket(result.value) : input).toEqual(input)
      }),
    )
  })

  it('may be any octets at all', () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (input) => {
        expect(decodeNtpPacket(input, NOW)).toHaveProperty('ok')
      }),
    )
  })

  it('may start anywhere in a buffer', () => {
    assert(
      property(anyFields, nat(8), (fields, offset) => {
        const bytes = encodeNtpPacket(fields)
        const shifted = new Uint8Array(offset + bytes.length)
        shifted.set(bytes, offset)
        expect(decoded(shifted.subarray(offset))).toEqual(decoded(bytes))
      }),
    )
  })
})

describe('what follows the header', () => {
  it.each([20, 24])('is a MAC in version 4 when it has %i octets', (length) => {
    const packet = decoded(packetBytes(4, [0, 0, 0, 7, ...zeros(length - 4)]))
    expect(packet.extensions).toEqual([])
    expect(packet.mac).toEqual({ keyId: 7, digest: new Uint8Array(length - 4) })
  })

  it('is a crypto-NAK when it is a key id of zero and nothing else', () => {
    expect(decoded(packetBytes(4, [0, 0, 0, 0])).mac).toEqual({
      keyId: 0,
      digest: new Uint8Array(),
    })
    expect(problem(packetBytes(4, [0, 0, 0, 7]))).toBe('ntp: mac: key 7 comes without a digest')
  })

  it('is an extension field in version 4 from 28 octets on', () => {
    const packet = decoded(packetBytes(4, [1, 4, 0, 28, ...zeros(24)]))
    expect(packet.extensions).toEqual([{ type: 0x0104, value: new Uint8Array(24) }])
    expect(packet.mac).toBeNull()
  })

  it('can be several extension fields and a MAC', () => {
    const tail = [1, 4, 0, 16, ...zeros(12), 2, 4, 0, 20, ...zeros(16), 0, 0, 0, 9, ...zeros(16)]
    const packet = decoded(packetBytes(4, tail))
    expect(packet.extensions.map(({ type, value }) => [type, value.length])).toEqual([
      [0x0104, 12],
      [0x0204, 16],
    ])
    expect(packet.mac?.keyId).toBe(9)
  })

  it('is all MAC in version 3, which has no extension fields', () => {
    const packet = decoded(packetBytes(3, [0, 0, 0, 5, ...zeros(32)]))
    expect(packet.extensions).toEqual([])
    expect(packet.mac).toEqual({ keyId: 5, digest: new Uint8Array(32) })
  })

  it.each([8, 12, 16])('is malformed in version 4 when it has %i octets', (length) => {
    expect(problem(packetBytes(4, zeros(length)))).toBe(`ntp: mac: must not have ${length} octets`)
  })

  it.each([0, 12, 18, 32, 0xffff])(
    'is malformed with an extension field of %i octets',
    (length) => {
      const tail = [0, 1, length >> 8, length & 0xff, ...zeros(24)]
      expect(problem(packetBytes(4, tail))).toBe(
        `ntp: extension field: must not have ${length} octets`,
      )
    },
  )

  it('keeps its octets when the datagram it came in is overwritten', () => {
    const bytes = packetBytes(4, [0, 0, 0, 7, ...Array.from({ length: 16 }, () => 0xaa)])
    const packet = decoded(bytes)
    bytes.fill(0)
    expect(packet.mac?.digest).toEqual(new Uint8Array(16).fill(0xaa))
  })
})

describe('encoding', () => {
  const short = { type: 1, value: new Uint8Array(12) }
  const mac = { keyId: 1, digest: new Uint8Array(16) }

  it.each<[string, Partial<NtpFields>]>([
    ['leap 4: must be 0 to 3', { leap: 4 }],
    ['version 8: must be 0 to 7', { version: 8 }],
    ['mode -1: must be 0 to 7', { mode: -1 }],
    ['stratum 256: must be 0 to 255', { stratum: 256 }],
    ['poll 6.5: must be -128 to 127', { poll: 6.5 }],
    ['precision -129: must be -128 to 127', { precision: -129 }],
    ['-1 ns: a duration must not be negative', { rootDelayNanos: -1n }],
    ['reference id -1: must be 0 to 4294967295', { referenceIdRaw: -1 }],
    ['transmit timestamp -1: must fit 64 bits', { transmitRaw: -1n }],
    ['mac: 32 octets: not allowed in version 4', { mac: { ...mac, digest: new Uint8Array(28) } }],
    ['mac: 4 octets: not allowed in version 4', { mac: { keyId: 1, digest: new Uint8Array() } }],
    ['extension field 1: the last one must have 28 octets or more', { extensions: [short] }],
    ['extension field 1: 8 octets', { extensions: [{ type: 1, value: new Uint8Array(4) }] }],
    ['extension field 1: 18 octets', { extensions: [{ type: 1, value: new Uint8Array(14) }] }],
    ['version 3: has no extension fields', { version: 3, extensions: [short] }],
  ])('says %s', (message, changes) => {
    expect(() => encodeNtpPacket(fieldsWith(changes))).toThrow(RangeError)
    expect(() => encodeNtpPacket(fieldsWith(changes))).toThrow(message)
  })

  it('allows an extension field of 16 octets before a MAC', () => {
    expect(encodeNtpPacket(fieldsWith({ extensions: [short], mac }))).toHaveLength(48 + 16 + 20)
  })
})
