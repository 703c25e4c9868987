import { endianness, arch } from 'node:os'

import { expect, it } from 'vitest'

import { ADDRINFO } from '../netdb/getaddrinfo.ts'
import { HOSTENT } from '../netdb/hosts.ts'
import { PROTOENT, SERVENT } from '../netdb/services-protocols.ts'
import { loadKoffi } from './libc.ts'

/** netdb.h, as koffi lays it out by the rules of C on this machine; x64 and arm64 are both LP64. */
const STRUCTS = [
  [
    SERVENT,
    { s_name: 'char *', s_aliases: 'char **', s_port: 'int', s_proto: 'char *' },
    'struct servent',
  ],
  [PROTOENT, { p_name: 'char *', p_aliases: 'char **', p_proto: 'int' }, 'struct protoent'],
  [
    HOSTENT,
    {
      h_name: 'char *',
      h_aliases: 'char **',
      h_addrtype: 'int',
      h_length: 'int',
      h_addr_list: 'char **',
    },
    'struct hostent',
  ],
  [
    ADDRINFO,
    {
      ai_flags: 'int',
      ai_family: 'int',
      ai_socktype: 'int',
      ai_protocol: 'int',
      ai_addrlen: 'uint32_t',
      ai_addr: 'void *',
      ai_canonname: 'char *',
      ai_next: 'void *',
    },
    'struct addrinfo',
  ],
] as const

it.each(STRUCTS)('%#: the fields stand where C puts them', (offsets, fields, name) => {
  const koffi = loadKoffi()
  const type = koffi.struct(name.replace('struct ', 'layout_'), fields)
  const expected = Object.fromEntries(
    Object.keys(fields).map((field) => [field, koffi.offsetof(type, field)]),
  )
  expect(offsets).toEqual({ ...expected, bytes: koffi.sizeof(type) })
})

it('this machine is one that the layouts hold for', () => {
  expect(['x64', 'arm64']).toContain(arch())
  expect(endianness()).toBe('LE')
  expect(loadKoffi().sizeof('void *')).toBe(8)
})
