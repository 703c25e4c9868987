import type { Writable } from 'node:stream'

import { escapeText, eventLine } from '@sockyard/cli/text'
import { formatAddress } from '@sockyard/net/address'
import type { LookupAnswer, LookupEvent } from '@sockyard/protocol/results'

type DataOf<Name extends LookupEvent['event']> = Extract<LookupEvent, { event: Name }>['data']
type StartData = DataOf<'start'>
type EndData = DataOf<'end'>

/** Text for a person, or the JSON lines of docs/schemas/lookup.json. */
export interface Report {
  start(data: StartData): void
  sample(data: LookupAnswer): void
  end(data: EndData): void
}

/** What comes from a name server is escaped here, before it reaches a terminal. */
export function createReport(stdout: Writable, json: boolean): Report {
  const textOf = createAnswerTexts()
  let sources: StartData['sources'] = []
  const emit = <Name extends LookupEvent['event']>(event: Name, data: DataOf<Name>): void =>
    void stdout.write(eventLine(event, data))
  const print = (text: string): void =>
    void stdout.write(`${text.split('\n').map(escapeText).join('\n')}\n`)
  return {
    start(data) {
      sources = data.sources
      if (json) emit('start', data)
    },
    sample: (data) => (json ? emit('sample', data) : print(textOf(data))),
    end(data) {
      if (json) emit('end', data)
      else if (data.found > 0 && sources.length > 0) print(sourceText(sources, data.answeredBy))
    },
  }
}

/** `hosts: files dns (/etc/nsswitch.conf), answered by files`; the answer is that of the first database. */
function sourceText(sources: StartData['sources'], answeredBy: string | null): string {
  const texts = sources.map(({ database, order, from }, index) => {
    const answered = answeredBy === null || index > 0 ? '' : `, answered by ${answeredBy}`
    return `${database}: ${order} (${from})${answered}`
  })
  return `from ${texts.join('; ')}`
}

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
    `Node's dns.lookup order: ${same ? 'the same' : addresses.join(' ')}`,
  conversion: conversionText,
  'socket-name': ({ transport, local, remote }) =>
    `${transport}  local ${formatAddress(local.address, local.port)}  remote ${formatAddress(remote.address, remote.port)}`,
  option: ({ name, type, value, reason, meaning }) => {
    const shown = reason === null ? valueText(value) : `- (${reason})`
    return `  ${name.padEnd(25)} ${type.padEnd(12)} ${shown.padEnd(12)} ${meaning}`
  },
  'option-set': changeText,
}

/** The text of each answer; options are listed under a heading for each socket and level. */
function createAnswerTexts(): (answer: LookupAnswer) => string {
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

function addressText(answer: Of<'address'>): string {
  const { socketType, protocolNumber, canonicalName, explanation } = answer
  const type = socketType ?? 'unknown'
  const canonical = canonicalName === null ? '' : `  canonical name ${canonicalName}`
  const first = `${formatAddress(answer.address, answer.port).padEnd(28)} ${type.padEnd(9)} protocol ${protocolNumber}${canonical}`
  if (explanation === undefined) return first
  const { source, scope, precedence, label } = explanation
  const facts = `scope ${scope}, precedence ${precedence}, label ${label}`
  return [
    first,
    `    source ${source ?? 'none: unreachable'}; ${facts}`,
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
  return `${socket}  ${name}: ${was}requested ${valueText(asked)}${is}${kernel}`
}

/** `on`, `65536`, `on=true seconds=5` */
function valueText(value: Of<'option'>['value']): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value !== 'object' || value === null) return value === '' ? '""' : String(value)
  return Object.entries(value)
    .map(([field, each]) => `${field}=${valueText(each)}`)
    .join(' ')
}
