import { choice, flag, list, text } from '@sockyard/cli/options'
import { AI, NI } from '@sockyard/posix/netdb'
import { ipFamilyOptions, json, wait } from '@sockyard/service/options'
import { z } from 'zod'

const hint = (description: string) => flag().meta({ group: 'Flags', description })

/** Options of every command. */
const common = { json: json() }

export const plainOptions = z.strictObject(common)

export const hostOptions = z.strictObject({ ...ipFamilyOptions, ...common })

const nameFlags = {
  niNumerichost: hint('the address as a number'),
  niNumericserv: hint('the port as a number'),
  niNofqdn: hint('of a name in the local domain only the first part'),
  niNamereqd: hint('an address without a name is an error'),
  niDgram: hint('the service over UDP: some ports are another one there'),
  niIdn: hint('an internationalized name in its own letters (glibc)'),
}

export const addressOptions = z.strictObject({
  convert: flag().meta({ description: 'no name: show the address in every form' }),
  networkOrder: flag().meta({
    description: 'with --convert a number is s_addr, as this machine reads network order',
  }),
  ...nameFlags,
  ...common,
})

const hintFlags = {
  aiPassive: hint('for bind: without a host the wildcard address'),
  aiCanonname: hint('give the canonical name'),
  aiNumerichost: hint('the host must be a number'),
  aiNumericserv: hint('the service must be a number'),
  aiV4mapped: hint('with -6: IPv4 addresses in IPv6 when there are no others'),
  aiAll: hint('with --ai-v4mapped: both'),
  aiAddrconfig: hint('only families that this host has an address of'),
  aiIdn: hint('the name has letters beyond ASCII (glibc)'),
  aiCanonidn: hint('the canonical name in its own letters (glibc)'),
}

export const resolveOptions = z.strictObject({
  ...ipFamilyOptions,
  socktype: choice(['stream', 'datagram', 'raw', 'seqpacket']).meta({
    description: 'only for this type of socket',
  }),
  protocol: text().meta({
    valueName: 'PROTOCOL',
    description: 'only for this protocol, by name or number',
  }),
  explain: flag().meta({
    description: 'why each stands where it stands (RFC 6724), and whether Node agrees',
  }),
  ...hintFlags,
  ...common,
})

export const socketNameOptions = z.strictObject({
  udp: flag().meta({ short: 'u', description: 'connect a UDP socket; nothing is sent' }),
  wait: wait().meta({ description: 'how long to wait for the connection' }),
  ...ipFamilyOptions,
  ...common,
})

export const optionsOptions = z.strictObject({
  set: list(z.string().regex(/^\w+=/, 'must be NAME=VALUE')).meta({
    short: 's',
    valueName: 'NAME=VALUE',
    description: 'set an option, and show it before and after; repeatable',
  }),
  udp: flag().meta({ short: 'u', description: 'HOST:PORT is UDP' }),
  wait: wait().meta({ description: 'how long to wait for the connection' }),
  ...ipFamilyOptions,
  ...common,
})

type Flags<Names extends string> = Readonly<Record<Names, boolean>>

/** The flags of getaddrinfo(3) that are on, by their names. */
export function addressInfoFlags(options: Flags<keyof typeof hintFlags>): (keyof typeof AI)[] {
  return namesOn(options, AI)
}

/** The flags of getnameinfo(3) that are on, by their names. */
export function nameInfoFlags(options: Flags<keyof typeof nameFlags>): (keyof typeof NI)[] {
  return namesOn(options, NI)
}

function namesOn<Name extends string>(
  options: Readonly<Record<string, boolean>>,
  names: Readonly<Record<Name, number>>,
): Name[] {
  return (Object.keys(names) as Name[]).filter((name) => options[keyOf(name)] === true)
}

/** AI_NUMERICHOST is `aiNumerichost`. */
function keyOf(name: string): string {
  return name.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

export type HostOptions = z.output<typeof hostOptions>
export type PlainOptions = z.output<typeof plainOptions>
export type AddressOptions = z.output<typeof addressOptions>
export type ResolveOptions = z.output<typeof resolveOptions>
export type SocketNameOptions = z.output<typeof socketNameOptions>
export type OptionsOptions = z.output<typeof optionsOptions>
