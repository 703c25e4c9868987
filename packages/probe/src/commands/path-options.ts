import { choice, flag, integer, text } from '@sockyard/cli/options'
import { ECN_CODEPOINTS } from '@sockyard/net/connect'
import { z } from 'zod'

const group = 'Path'

/** Names of codepoints: RFC 2474 (cs), RFC 2597 (af), RFC 3246 (ef), RFC 5865 (va), RFC 8622 (le). */
const CODEPOINTS: ReadonlyMap<string, number> = new Map([
  ...Array.from({ length: 8 }, (_, index): [string, number] => [`cs${index}`, index * 8]),
  ...[1, 2, 3, 4].flatMap((level) =>
    [1, 2, 3].map((drop): [string, number] => [`af${level}${drop}`, level * 8 + drop * 2]),
  ),
  ['ef', 46],
  ['va', 44],
  ['le', 1],
])

/** --source, --local-port, --ttl and --dscp: how the packets of a client leave (`PathOptions` of @sockyard/net/connect). */
export const pathOptions = {
  source: text().meta({
    short: 'I',
    valueName: 'ADDRESS|INTERFACE',
    group,
    preset: 'as routed',
    description: 'local address, or interface to send by',
  }),
  localPort: integer(undefined, { minimum: 1, maximum: 65_535 }).meta({
    valueName: 'PORT',
    group,
    preset: 'any free one',
    description: 'local port',
  }),
  ttl: integer(undefined, { minimum: 1, maximum: 255 }).meta({
    short: 't',
    valueName: 'HOPS',
    group,
    preset: "the system's",
    description: 'time to live (IPv4) or hop limit (IPv6)',
  }),
  dscp: dscp().meta({
    valueName: 'CODEPOINT',
    group,
    preset: '0',
    description: 'differentiated services codepoint: 0 to 63, or a name such as ef, af41, cs1, le',
  }),
}

/** --ecn and --df, of a client that sends datagrams. */
export const datagramPathOptions = {
  ecn: choice(ECN_CODEPOINTS).meta({
    group,
    preset: 'not-ect',
    description: 'explicit congestion notification (RFC 3168): not-ect, ect0, ect1 or ce',
  }),
  df: flag().meta({
    group,
    description: 'forbid fragmentation: what does not fit the path is lost (path MTU, RFC 1191)',
  }),
}

function dscp(): z.ZodType<number | undefined> {
  return z
    .string()
    .transform((word, context) => {
      const value = CODEPOINTS.get(word.toLowerCase()) ?? (/^\d{1,2}$/.test(word) ? +word : NaN)
      if (value >= 0 && value <= 63) return value
      context.addIssue('must be 0 to 63, or a name such as ef, af41, cs1 or le')
      return z.NEVER
    })
    .optional()
}
