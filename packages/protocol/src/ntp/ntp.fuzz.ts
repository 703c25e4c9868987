import { ok, strictEqual } from 'node:assert/strict'

import { type FuzzTarget, textOf } from '@sockyard/testkit/fuzz'

import { checkBroadcast } from './check-broadcast.ts'
import { checkReply, checkRequest } from './checks.ts'
import { decodeNtpPacket, encodeNtpPacket } from './codec.ts'
import { fieldsWith, NOW } from './fields.testing.ts'
import { parseKeys } from './keys.ts'

const { keys } = parseKeys('1 AES128 0123456789abcdef\n2 SHA1 abcdef\n3 SHA256 HEX:00ff')
const AUTHENTICATION = { keys, required: false }

const packets = [
  fieldsWith(),
  fieldsWith({ version: 3, mode: 3 }),
  fieldsWith({ mode: 4, leap: 3, stratum: 0 }),
  fieldsWith({ mac: { keyId: 0, digest: new Uint8Array() } }),
  fieldsWith({ mac: { keyId: 1, digest: new Uint8Array(16) } }),
  fieldsWith({ mac: { keyId: 2, digest: new Uint8Array(20) } }),
  fieldsWith({ version: 3, mode: 3, mac: { keyId: 3, digest: new Uint8Array(32) } }),
  fieldsWith({
    extensions: [
      { type: 1, value: new Uint8Array(12) },
      { type: 0x0204, value: new Uint8Array(44).fill(7) },
    ],
  }),
].map((fields) => encodeNtpPacket(fields))

/** Whatever is decoded is what was sent, bit for bit; no check of it throws. */
function ntpPacket(input: Uint8Array): void {
  const result = decodeNtpPacket(input, NOW)
  if (!result.ok) return
  const packet = result.value
  ok(/^[\x20-\x7e]+$/.test(packet.referenceId.text), 'the reference identifier is printable')
  if (canBeSent(packet)) strictEqual(Buffer.compare(encodeNtpPacket(packet), input), 0)
  checkBroadcast(packet, { transmitAt: NOW, receivedAt: NOW }, NOW, AUTHENTICATION)
  checkReply(packet, { transmitRaw: packet.originRaw, answered: false }, AUTHENTICATION)
  checkRequest(packet, AUTHENTICATION)
}

/** RFC 7822: a last extension field of 16 to 24 octets is taken, but must not be sent without a MAC. */
function canBeSent({ extensions, mac }: Parameters<typeof encodeNtpPacket>[0]): boolean {
  const last = extensions.at(-1)
  return mac !== null || last === undefined || last.value.length >= 24
}

/** Each key can be used; each line is a key, a comment or refused; no reason repeats a secret. */
function ntpKeys(input: Uint8Array): void {
  const text = textOf(input)
  const file = parseKeys(text)
  ok(file.keys.size + file.refused.length <= text.split('\n').length, 'one outcome a line')
  for (const [id, key] of file.keys) {
    ok(id === key.id && Number.isInteger(id) && id >= 1 && id <= 0xffff_ffff, `key ${id}`)
    ok(key.secret.length > 0, 'a key is not empty')
    ok(key.type !== 'AES128' || key.secret.length === 16, 'an AES128 key has 16 octets')
  }
  for (const { reason } of file.refused) ok(reason.length < 100, 'a reason is one line of ours')
}

export const targets: readonly FuzzTarget[] = [
  { name: 'ntp-packet', seeds: packets, run: ntpPacket },
  {
    name: 'ntp-keys',
    seeds: [
      '1 AES128 0123456789abcdef\n2 SHA1 HEX:00112233\n',
      '# keys\n3 M secret\n4 SHA-256 ASCII:text # comment\n',
      '5 AES-CMAC 000102030405060708090a0b0c0d0e0f\n! no\n6 SHA1 a b c\n',
    ],
    maximumBytes: 256,
    run: ntpKeys,
  },
]
