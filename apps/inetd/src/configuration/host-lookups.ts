import { readFileSync } from 'node:fs'

/** The services that inetd answers itself, with their ports: RFC 862, 863, 867, 864, 868. */
export const INTERNAL_PORTS = { echo: 7, discard: 9, daytime: 13, chargen: 19, time: 37 } as const

export type InternalName = keyof typeof INTERNAL_PORTS

/** A user of passwd(5). */
export interface Account {
  name: string
  uid: number
  gid: number
  home: string
  shell: string
}

/** The users and groups of this host. */
export interface Accounts {
  user: (name: string) => Account | undefined
  /** The number of a group. */
  group: (name: string) => number | undefined
}

/** Reads passwd(5) and group(5) now; a file that is not there has no lines. */
export function readAccounts(passwd = '/etc/passwd', group = '/etc/group'): Accounts {
  return accountsIn(read(passwd), read(group))
}

/** The accounts of these texts. As for getpwnam(3), a line whose numbers are none is no account. */
export function accountsIn(passwd: string, group: string): Accounts {
  const accounts = records(passwd).flatMap((fields) => accountOf(fields) ?? [])
  const users = new Map(accounts.map((account) => [account.name, account]))
  const groups = new Map(
    records(group).flatMap(([name = '', , id]) => {
      const gid = numberOf(id)
      return gid === undefined ? [] : [[name, gid]]
    }),
  )
  return { user: (name) => users.get(name), group: (name) => groups.get(name) }
}

function accountOf([name = '', , user, group, , home, shell]: string[]): Account | undefined {
  const [uid, gid] = [numberOf(user), numberOf(group)]
  if (uid === undefined || gid === undefined) return undefined
  return { name, uid, gid, home: home || '/', shell: shell || '/bin/sh' }
}

/** The largest, (uid_t) -1, means no change to setreuid(2): no account has it. */
const LARGEST_ID = 0xffff_fffe

/** A user or group number in digits; an empty field would be root. */
function numberOf(digits = ''): number | undefined {
  return /^\d{1,10}$/.test(digits) && Number(digits) <= LARGEST_ID ? Number(digits) : undefined
}

function records(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([name]) => name !== '')
}

/** The port of a service by its name or one of its aliases; undefined when it is unknown. */
export type ServicePorts = (name: string, transport: 'tcp' | 'udp') => number | undefined

/** Reads services(5) now. The internal services are known without it: small containers have no such file. */
export function readServicePorts(file = '/etc/services'): ServicePorts {
  return servicePortsIn(read(file))
}

/** The ports of this text, and those of the internal services. A line whose port is none is no service. */
export function servicePortsIn(text: string): ServicePorts {
  const ports = new Map<string, number>()
  for (const transport of ['tcp', 'udp'])
    for (const [name, port] of Object.entries(INTERNAL_PORTS))
      ports.set(`${name}/${transport}`, port)
  for (const [name, port, transport] of services(text)) ports.set(`${name}/${transport}`, port)
  return (name, transport) => ports.get(`${name}/${transport}`)
}

/** Each name and each alias; the first line for a name counts, as getservbyname(3) finds it. */
function services(text: string): [name: string, port: number, transport: string][] {
  return text
    .split('\n')
    .toReversed()
    .flatMap((line) => {
      const [name, place = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
      const [, digits, transport = ''] = /^(\d{1,5})\/(\w+)$/.exec(place) ?? []
      const port = Number(digits)
      if (name === undefined || !(port >= 1 && port <= 65_535)) return []
      return [name, ...aliases].map((each): [string, number, string] => [each, port, transport])
    })
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
