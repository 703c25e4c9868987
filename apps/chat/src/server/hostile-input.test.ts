import { expect, test } from 'vitest'

import { member, startChat } from '../chat.testing.ts'

const UNSAFE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u

/** Terminal commands, negotiation with all its forms, broken UTF-8, controls and line separators. */
const HOSTILE = Buffer.concat([
  Buffer.from('/nick \u001B[2Jbad\u202E\n'),
  Buffer.from('a\u001B[31mred\u001B]0;title\u0007\u009B1A\u0085b\u2028c\u2029d\u202Ee\u2066f\r\n'),
  Buffer.from([
    255, 251, 31, 255, 250, 31, 0, 80, 255, 255, 0, 24, 255, 240, 255, 253, 6, 255, 241,
  ]),
  Buffer.from('g\0hx\u0008iy\u007Fj\tk\rl\r\0'),
  Buffer.from([0x6d, 0xff, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x0a]),
  Buffer.from('/me \u001B[5mblinks 😀\n'),
])

test(
  'hostile bytes, split anywhere, come out as the same safe lines',
  { timeout: 30_000 },
  async () => {
    await using chat = await startChat('--rate-limit', '0')
    await using anna = await member(chat.port, 'anna')
    await using eve = await member(chat.port, 'eve')
    await anna.hears('* eve joined\n')
    const results = new Set<string>()
    for (let split = 0; split <= HOSTILE.length; split += 1) {
      anna.heard = ''
      eve.type(HOSTILE.subarray(0, split))
      await settled(eve)
      eve.type(HOSTILE.subarray(split)).type('end\n')
      await anna.hears('eve: end\n')
      results.add(anna.heard)
      expect(anna.heard.replaceAll('\n', '')).not.toMatch(UNSAFE)
    }
    expect([...results]).toEqual([
      [
        'eve: a[31mred]0;title1Abcdef',
        'eve: ghij k',
        'eve: l',
        'eve: m\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFD\uFFFD',
        '~ eve [5mblinks 😀',
        'eve: end',
        '',
      ].join('\n'),
    ])
    // One event, one log line, whatever the peer sent.
    for (const line of chat.app.stdout.split('\n').filter((each) => each !== ''))
      expect(JSON.parse(line)).toHaveProperty('msg')
    expect(chat.app.stdout.replaceAll('\n', '')).not.toMatch(UNSAFE)
  },
)

/** Two turns of both event loops, so that what was typed is not read together with what follows. */
async function settled({ socket }: { socket: { writableLength: number } }): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, 5))
  while (socket.writableLength > 0)
}
