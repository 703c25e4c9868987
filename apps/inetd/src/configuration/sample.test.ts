import { readFileSync } from 'node:fs'

import { findApp, servicePorts } from '@sockyard/catalog'
import { expect, it } from 'vitest'

import { parseConfiguration } from './parse-configuration.ts'

it('the catalog has the ports of the sample: a datagram from one of them gets no answer', () => {
  const sample = readFileSync(new URL('../../inetd.conf', import.meta.url), 'utf8')
  const { entries, errors } = parseConfiguration(sample, 'inetd.conf')
  expect(errors).toEqual([])
  const served = entries.map(({ service, transport }) => `${service}/${transport}`)
  const listed = findApp('inetd')?.endpoints.map(({ port, transport }) => `${port}/${transport}`)
  expect(served.toSorted()).toEqual(listed?.toSorted())
  expect(servicePorts()).toEqual(
    expect.arrayContaining(entries.map(({ service }) => Number(service))),
  )
})
