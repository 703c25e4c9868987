import { expect, it } from 'vitest'

import { broadcastOffset, exchangeDelay, exchangeOffset } from './exchange.ts'

/** The server is 1,000 ns ahead; the way there takes 70 ns, the server 30 ns, the way back 50 ns. */
const EXCHANGE = {
  originAt: 10_000n,
  receiveAt: 11_070n,
  transmitAt: 11_100n,
  destinationAt: 10_150n,
}

it('an exchange gives the offset, wrong by half of what the two ways differ', () => {
  expect(exchangeOffset(EXCHANGE)).toBe(1_010n)
})

it('an exchange gives the delay of both ways without the server', () => {
  expect(exchangeDelay(EXCHANGE)).toBe(120n)
})

it('a broadcast gives the offset once its delay is known', () => {
  expect(broadcastOffset({ transmitAt: 11_100n, receivedAt: 10_150n, delayNanos: 50n })).toBe(
    1_000n,
  )
})
