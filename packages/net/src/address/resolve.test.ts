import { describe, expect, it } from 'vitest'

import { ConfigurationError } from '../errors/errors.ts'
import { parseTarget, resolveTarget } from './resolve.ts'

describe('a target', () => {
  it.each([
    ['example.org', 'example.org', 7],
    ['example.org:9', 'example.org', 9],
    ['192.0.2.1:9', '192.0.2.1', 9],
    ['[2001:db8::1]:9', '2001:db8::1', 9],
    ['[2001:db8::1]', '2001:db8::1', 7],
    ['2001:db8::1', '2001:db8::1', 7],
    ['fe80::1%eth0', 'fe80::1%eth0', 7],
  ])('%s is understood', (text, host, port) => {
    expect(parseTarget(text, 7)).toEqual({ host, port })
  })

  it.each([
    '',
    'a:b',
    'host:0',
    'host:65536',
    '[host]:9',
    '[::1',
    '::1]:9',
    'a b',
    'host:',
    ':9',
    '1:2:3',
  ])('%j is refused', (text) => {
    expect(() => parseTarget(text, 7)).toThrow(ConfigurationError)
  })

  it('hints at brackets where a port was meant', () => {
    expect(() => parseTarget('::1:3111', 7)).toThrow('an IPv6 address with a port is [::1]:3111')
  })

  it('becomes numeric addresses', async () => {
    const found = await resolveTarget('localhost:3111', { defaultPort: 7, family: 4 })
    expect(found[0]).toEqual({ address: '127.0.0.1', family: 4, port: 3111 })
  })

  it('that does not resolve is a network error of class DNS', async () => {
    await expect(resolveTarget('nosuch.invalid:9', { defaultPort: 7 })).rejects.toMatchObject({
      name: 'NetworkError',
      errorClass: 'DNS',
      host: 'nosuch.invalid',
    })
  })

  it('that has no address of the requested family is an error', async () => {
    await expect(
      resolveTarget('nosuch.invalid:9', { defaultPort: 7, family: 6 }),
    ).rejects.toMatchObject({
      errorClass: 'DNS',
      code: 'ENOTFOUND',
      message: 'nosuch.invalid:9: the name does not resolve to an IPv6 address',
    })
  })

  it('of the wrong family is a usage error', async () => {
    await expect(resolveTarget('::1', { defaultPort: 7, family: 4 })).rejects.toThrow(
      ConfigurationError,
    )
  })

  it('is not waited for once aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(resolveTarget('localhost', { defaultPort: 7, signal })).rejects.toThrow('enough')
  })
})
