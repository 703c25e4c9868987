import { readFileSync } from 'node:fs'

import { INTERNAL_PORTS } from './internal-name.ts'

/** The port of a service by its name or one of its aliases; undefined when nobody knows it. */
export type ServicePorts = (name: string, transport: 'tcp' | 'udp') => number | undefined

/** Reads services(5) now. The internal services are known without it: small containers have no such file. */
export function readServicePorts(file = '/etc/services'): ServicePorts {
  const ports = new Map<string, number>()
  for (const transport of ['tcp', 'udp'])
    for (const [name, port] of Object.entries(INTERNAL_PORTS))
      ports.set(`${name}/${transport}`, port)
  for (const [name, port, transport] of services(file)) ports.set(`${name}/${transport}`, port)
  return (name, transport) => ports.get(`${name}/${transport}`)
}

/** Each name and each alias; the first line for a name counts, as getservbyname(3) finds it. */
function services(file: string): [name: string, port: number, transport: string][] {
  return read(file)
    .split('\n')
    .toReversed()
    .flatMap((line) => {
      const [name, place = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
      const [port, transport] = place.split('/')
      if (name === undefined || transport === undefined) return []
      return [name, ...aliases].map((each): [string, number, string] => [
        each,
        Number(port),
        transport,
      ])
    })
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
