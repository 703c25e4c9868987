import type { Entry } from './entry.ts'
import { FieldError } from './read-fields.ts'

/** The services that inetd answers itself, with their ports: RFC 862, 863, 867, 864, 868. */
export const INTERNAL_PORTS = { echo: 7, discard: 9, daytime: 13, chargen: 19, time: 37 } as const

export type InternalName = keyof typeof INTERNAL_PORTS

/**
 * Which internal service an entry asks for: by the word after `internal`, by the service's name, or by its port.
 *
 * @throws {FieldError} for none, and for chargen by number or over UDP (CERT CA-1996-01)
 */
export function internalNameOf(entry: Entry): InternalName {
  const { service, transport, programArguments } = entry
  const [word = service] = programArguments
  const name = isInternal(word) ? word : byPort(Number(word))
  if (name === undefined)
    throw new FieldError('server program', `internal ${word}`, `must be one of ${NAMES.join(' ')}`)
  if (name === 'chargen' && transport === 'udp')
    throw new FieldError('protocol', entry.protocol, 'chargen is served over tcp only')
  return name
}

const NAMES = Object.keys(INTERNAL_PORTS)

function isInternal(word: string): word is InternalName {
  return Object.hasOwn(INTERNAL_PORTS, word)
}

/** Chargen has to be asked for by name. */
function byPort(port: number): InternalName | undefined {
  return NAMES.filter(isInternal).find(
    (name) => name !== 'chargen' && INTERNAL_PORTS[name] === port,
  )
}
