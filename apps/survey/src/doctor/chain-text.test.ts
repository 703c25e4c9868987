import { expect, it } from 'vitest'

import { chainLines } from './chain-text.ts'
import { MULTICAST_LINKS } from './multicast-rules.ts'
import { chainOf } from './verdict.ts'

it('draws the way of a packet to the link that breaks, within 80 columns', () => {
  expect(chainLines(chainOf(MULTICAST_LINKS, 'filter', 'network'))).toEqual([
    'sending application ok -> sending socket ok -> route ok ->',
    'sending interface ok -> network ok -> receiving interface ok ->',
    'filter BROKEN -x- membership -> receiving socket ->',
    'receiving application',
  ])
})

it('marks what cannot be seen from here, and nothing that no packet came to', () => {
  const lines = chainLines(chainOf(MULTICAST_LINKS, 'network', 'network')).join(' ')
  expect(lines).toContain('sending interface ? -> network BROKEN -x- receiving interface -> filter')
})
