import type { LookupAnswer } from '@sockyard/protocol/results'

type Of<Kind extends LookupAnswer['kind']> = Extract<LookupAnswer, { kind: Kind }>

type Texts = { [Kind in LookupAnswer['kind']]: (answer: Of<Kind>) => string }

const TEXTS: Texts = {
  host: (answer) =>
    answer.addresses.map((address) => [address, ...names(answer)].join('  ')).join('\n'),
  name: ({ host, service }) => `${host}  ${service}`,
  service: (answer) => [`${answer.port}/${answer.protocol}`.padEnd(12), ...names(answer)].join(' '),
  protocol: (answer) => [String(answer.number).padEnd(4), ...names(answer)].join(' '),
  address: addressText,
  'node-order': ({ same, addresses }) =>
    `Node's dns.lookup orders them ${same ? 'the same' : `otherwise: ${addresses.join(' ')}`}`,
  conversion: conversionText,
  'socket-name': ({ transport, local, remote }) =>
    `${transport}  local ${place(local)}  remote ${place(remote)}`,
  option: ({ name, type, value, error, meaning }) => {
    const shown = error === null ? valueText(value) : `- (${error})`
    return `  ${name.padEnd(25)} ${type.padEnd(12)} ${shown.padEnd(12)} ${meaning}`
  },
  'option-set': changeText,
}

/** What a person reads of each answer; options stand under a line for each socket and level. */
export function createAnswerTexts(): (answer: LookupAnswer) => string {
  let heading = ''
  return (answer) => {
    // The kind says which text fits.
    const text = (TEXTS[answer.kind] as (answer: LookupAnswer) => string)(answer)
    const before = heading
    heading = answer.kind === 'option' ? `${answer.socket}, ${answer.level}` : ''
    return heading === before ? text : `${heading}\n${text}`
  }
}

function names({ name, aliases }: { name: string; aliases: readonly string[] }): string[] {
  return [name, ...aliases]
}

function place({ address, port }: { address: string; port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function addressText(answer: Of<'address'>): string {
  const { socketType, protocol, canonicalName, explanation } = answer
  const type = socketType ?? 'unknown'
  const canonical = canonicalName === null ? '' : `  canonical name ${canonicalName}`
  const first = `${place(answer).padEnd(28)} ${type.padEnd(9)} protocol ${protocol}${canonical}`
  if (explanation === undefined) return first
  const { source, scope, precedence, label } = explanation
  const facts = `scope ${scope}, precedence ${precedence}, label ${label}`
  return [
    first,
    `    from ${source ?? 'nowhere: there is no way to it'}; ${facts}`,
    `    ${ruleText(explanation)}`,
  ].join('\n')
}

function ruleText({ rule, reason }: NonNullable<Of<'address'>['explanation']>): string {
  return rule === null ? reason : `before the next by rule ${rule}: ${reason}`
}

function conversionText(answer: Of<'conversion'>): string {
  const { family, presentation, bytes, mapped, reverseName } = answer
  const decimal = (words: readonly string[]): string =>
    family === 'IPv4' ? `  ${Number(words[0])}` : ''
  return [
    `${family.padEnd(16)}${presentation}`,
    `bytes           ${bytes.replaceAll(/..(?=.)/g, '$& ')}`,
    `network order   ${answer.networkOrder.join(' ')}${decimal(answer.networkOrder)}`,
    `host order      ${answer.hostOrder.join(' ')}${decimal(answer.hostOrder)}`,
    ...(mapped === null ? [] : [`mapped          ${mapped}`]),
    `reverse name    ${reverseName}`,
  ].join('\n')
}

function changeText({ socket, name, asked, before, after, note }: Of<'option-set'>): string {
  const kernel = note === null ? '' : `  (${note})`
  const was = before === null ? '' : `before ${valueText(before)}  `
  const is = after === null ? '' : `  after ${valueText(after)}`
  return `${socket}  ${name}: ${was}asked ${valueText(asked)}${is}${kernel}`
}

/** `on`, `65536`, `on=true seconds=5` */
function valueText(value: Of<'option'>['value']): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value !== 'object' || value === null) return value === '' ? '""' : String(value)
  return Object.entries(value)
    .map(([field, each]) => `${field}=${valueText(each)}`)
    .join(' ')
}
