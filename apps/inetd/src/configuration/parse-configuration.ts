import { ConfigurationError, type Entry, FieldError, isForeign } from './entry.ts'
import { readProgram, readProtocol, readServiceName, readUser, readWait } from './fields.ts'

/** A line of inetd.conf with its continuations, in fields. */
export interface FieldLine {
  /** Of the first of its lines, counted from 1. */
  line: number
  fields: string[]
}

/** A word, or what stands in quotes; an unclosed quote reaches to the end of the line. */
const FIELD = /"([^"]*)(?:"|$)|'([^']*)(?:'|$)|(\S+)/g

/**
 * The entries of inetd.conf: `#` begins a comment line; a line that begins with a space or a tab goes on with the
 * entry before it.
 */
export function splitLines(text: string): FieldLine[] {
  const entries: FieldLine[] = []
  let open: FieldLine | undefined
  for (const [index, content] of text.split(/\r?\n|\r/).entries()) {
    const fields = fieldsOf(content)
    if (fields.length === 0) open = undefined
    else if (open !== undefined && /^[ \t]/.test(content)) open.fields.push(...fields)
    else entries.push((open = { line: index + 1, fields }))
  }
  return entries
}

function fieldsOf(content: string): string[] {
  if (content.trimStart().startsWith('#')) return []
  return [...content.matchAll(FIELD)].map(
    ([, double, single, word]) => double ?? single ?? word ?? '',
  )
}

const CONTROL = /\p{Cc}/u

/**
 * Reads inetd.conf (inetd(8)). Any text gives what it can: each entry is served or has exactly one error, and
 * nothing is thrown.
 *
 * @param text the file's content
 * @param file its name, for the errors
 */
export function parseConfiguration(
  text: string,
  file: string,
): { entries: Entry[]; errors: ConfigurationError[] } {
  const entries: Entry[] = []
  const errors: ConfigurationError[] = []
  let usualAddresses: readonly string[] = []
  for (const { line, fields } of splitLines(text)) {
    try {
      const entry = readEntry({ line, fields }, usualAddresses)
      if (Array.isArray(entry)) usualAddresses = entry
      else entries.push(entry)
    } catch (error) {
      if (!(error instanceof FieldError)) throw error
      const { field, value, message: reason } = error
      const service = fields[0] ?? ''
      errors.push(new ConfigurationError({ file, line, field, value, reason, service }))
    }
  }
  return { entries, errors }
}

/** @returns an array for a line such as `127.0.0.1:`, the addresses of the entries after it */
function readEntry(
  { line, fields }: FieldLine,
  usualAddresses: readonly string[],
): Entry | string[] {
  const [written = '', socketType, protocol, waiting, user, program, ...rest] = fields
  const name = readServiceName(written)
  if (Array.isArray(name)) {
    if (fields.length === 1) return name
    throw new FieldError('service name', written, 'a service must follow the address')
  }
  const control = rest.find((argument) => CONTROL.test(argument))
  if (control !== undefined)
    throw new FieldError('server program arguments', control, 'holds a control character')
  const entry = {
    line,
    written,
    service: name.service,
    addresses: written.includes(':') ? name.addresses : usualAddresses,
    ...readProtocol(socketType, protocol),
    ...readWait(waiting),
    ...readUser(user),
    ...readProgram(program, rest),
  }
  checkTogether(entry)
  return entry
}

/** @throws {FieldError} where each field is right, and two do not go together */
function checkTogether({ addresses, protocol, family, transport, wait, program }: Entry): void {
  const foreign = addresses.find((address) => isForeign(address, family))
  if (foreign !== undefined)
    throw new FieldError('protocol', protocol, `${foreign} is not an IPv${family} address`)
  if (transport === 'udp' && !wait && program !== 'internal')
    throw new FieldError(
      'wait/nowait',
      'nowait',
      'a datagram program takes over the socket: must be wait',
    )
}
