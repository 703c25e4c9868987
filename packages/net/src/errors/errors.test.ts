import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import { expect, test } from 'vitest'

import { AddressInUseError, networkError, ConfigurationError } from './errors.ts'

test('a refused connection has its class, host and port', async () => {
  const error: unknown = await once(connect(1, '::1'), 'connect').catch((reason: unknown) => reason)
  expect(networkError(error)).toMatchObject({
    errorClass: 'REFUSED',
    code: 'ECONNREFUSED',
    host: '::1',
    port: 1,
    message: '[::1]:1: connection refused',
  })
})

test('a taken address is an error of its own', async () => {
  const first = createServer().listen(0, '127.0.0.1')
  await once(first, 'listening')
  const { port } = first.address() as AddressInfo
  const second = createServer().listen(port, '127.0.0.1')
  const error: unknown = await once(second, 'listening').catch((reason: unknown) => reason)
  first.close()
  expect(networkError(error)).toBeInstanceOf(AddressInUseError)
  expect(networkError(error).message).toBe(`127.0.0.1:${port}: the address is already in use`)
})

test('a name that does not resolve is of the class DNS', async () => {
  const error: unknown = await lookup('no-such-host.invalid').catch((reason: unknown) => reason)
  expect(networkError(error, 'no-such-host.invalid', 7)).toMatchObject({
    errorClass: 'DNS',
    port: 7,
  })
})

test('a denied permission blames the port only where it may be the port', () => {
  const denied = Object.assign(new Error('bind EACCES'), { code: 'EACCES', syscall: 'bind' })
  expect(networkError(denied, '::', 123).message).toBe(
    '[::]:123: permission denied (ports below 1024 need a privilege)',
  )
  expect(networkError(denied, '255.255.255.255', 3333).message).toBe(
    '255.255.255.255:3333: permission denied',
  )
  const towards = Object.assign(new Error('connect EACCES'), { code: 'EACCES', syscall: 'connect' })
  expect(networkError(towards, '255.255.255.255', 123).message).toBe(
    '255.255.255.255:123: permission denied',
  )
})

test('an error is classed once', () => {
  const error = networkError(new Error('odd'), 'example.org')
  expect(error).toMatchObject({ errorClass: 'OTHER', message: 'example.org: odd' })
  expect(networkError(error, 'elsewhere')).toBe(error)
})

test('a usage error shows an empty value', () => {
  expect(new ConfigurationError('--host', '', 'must not be empty').message).toBe(
    '--host "": must not be empty',
  )
})
