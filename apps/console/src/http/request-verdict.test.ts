import { describe, expect, test } from 'vitest'

import { type RequestFacts, requestVerdict } from './request-verdict.ts'

const TOKEN = 'a-token-that-is-long'

function verdict(headers: RequestFacts['headers'], more: Partial<RequestFacts> = {}, token = '') {
  const facts = {
    method: 'GET',
    methods: ['GET', 'HEAD'],
    queryToken: undefined,
    localAddress: '127.0.0.1',
    ...more,
  }
  return requestVerdict(
    { ...facts, headers: { host: '127.0.0.1:3080', ...headers } },
    token === '' ? undefined : token,
  )
}

test('POST is allowed where the resource has it, and never from a form of another site', () => {
  const facts = { method: 'POST', methods: ['GET', 'HEAD', 'POST'] }
  expect(verdict({}, facts)).toBe('permitted')
  const form = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  expect(verdict(form, facts)).toBe('foreign-origin')
})

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'get', ''])('%s is not allowed', (method) => {
  expect(verdict({}, { method })).toBe('method-not-allowed')
})

test.each([
  ['127.0.0.1:3080', 'permitted'],
  ['127.0.0.2', 'permitted'],
  ['localhost:3080', 'permitted'],
  ['[::1]:3080', 'permitted'],
  ['192.0.2.1:3080', 'foreign-host'],
  ['evil.example:3080', 'foreign-host'],
  ['127.0.0.1.evil.example', 'foreign-host'],
  ['localhost.evil.example', 'foreign-host'],
  ['[::1]evil.example', 'foreign-host'],
  ['127.0.0.1:3080@evil.example', 'foreign-host'],
  ['', 'foreign-host'],
] as const)('a request for the host "%s": %s', (host, expected) => {
  expect(verdict({ host })).toBe(expected)
})

test('the address that the connection came to is a host of ours', () => {
  const mapped = { localAddress: '::ffff:192.0.2.1' }
  expect(verdict({ host: '192.0.2.1:3080' }, mapped)).toBe('permitted')
  expect(verdict({ host: '[fd00::1]' }, { localAddress: 'fd00::1' })).toBe('permitted')
})

test.each([
  ['http://127.0.0.1:3080', 'permitted'],
  ['http://127.0.0.1:3081', 'foreign-origin'],
  ['https://127.0.0.1:3080', 'foreign-origin'],
  ['http://localhost:3080', 'foreign-origin'],
  ['null', 'foreign-origin'],
] as const)('a page of %s: %s', (origin, expected) => {
  expect(verdict({ origin })).toBe(expected)
})

test('another site may link here, and may not read', () => {
  const foreign = { 'sec-fetch-site': 'cross-site' }
  expect(verdict({ ...foreign, 'sec-fetch-mode': 'no-cors' })).toBe('foreign-origin')
  expect(verdict({ ...foreign, 'sec-fetch-mode': 'navigate' })).toBe('permitted')
})

describe('where there is a token', () => {
  test.each([
    [{ authorization: `Bearer ${TOKEN}` }, 'permitted'],
    [{ cookie: `other=1; sockyard_console=${TOKEN}` }, 'permitted'],
    [{ authorization: `Bearer ${TOKEN}x` }, 'no-token'],
    [{ authorization: TOKEN }, 'no-token'],
    [{ cookie: 'sockyard_console=' }, 'no-token'],
    [{}, 'no-token'],
  ] as const)('%j: %s', (headers, expected) => {
    expect(verdict(headers, {}, TOKEN)).toBe(expected)
  })

  test('it may stand in the query', () => {
    expect(verdict({}, { queryToken: TOKEN }, TOKEN)).toBe('permitted')
    expect(verdict({}, { queryToken: 'wrong' }, TOKEN)).toBe('no-token')
  })
})
