import { randomBytes } from 'node:crypto'

import { connectTo } from '@sockyard/net/connect'
import { formatBitRate } from '@sockyard/probe/report'

import { type Check, type Verdict, verdict } from '../../run/check.ts'
import { connectOptions } from './connect.ts'
import { type Echoed, echo } from './echo.ts'

export interface TransferFacts extends Echoed {
  sentBytes: number
}

const BYTES = 20_000_000

/** 20 MB and a FIN: all of it comes back, byte for byte, before the peer's FIN. */
export const tcpTransfer: Check<TransferFacts> = {
  name: 'tcp-transfer',
  profiles: ['full', 'long'],
  async gather(context) {
    const { socket } = await connectTo([context.peer], connectOptions(context))
    using _ = { [Symbol.dispose]: () => socket.destroy() }
    const { waitMillis: stallMillis, signal } = context
    const options = { stallMillis, signal, halfClose: true }
    return { sentBytes: BYTES, ...(await echo(socket, randomBytes(BYTES), options)) }
  },
  judge: judgeTransfer,
}

export function judgeTransfer(facts: TransferFacts): Verdict {
  const { outcome, sentBytes, returnedBytes, elapsedMillis } = facts
  const bytesPerSecond = (returnedBytes * 1_000) / Math.max(1, elapsedMillis)
  const evidence = [
    `${returnedBytes} of ${sentBytes} B returned: ${outcome}`,
    `${formatBitRate(bytesPerSecond)} in each direction`,
  ]
  if (outcome === 'whole')
    return { ...verdict('ok', 'all bytes return, in spite of the half-close'), evidence }
  if (outcome === 'different')
    return {
      ...verdict('fail', 'other bytes return than were sent'),
      evidence,
      cause: 'something on the way changes the contents, or the service is no echo',
      remedy: 'send it by TLS or SSH: whatever changes bytes is found there',
    }
  return {
    ...verdict('fail', `the transfer ended early: ${outcome}`),
    evidence,
    cause:
      'a proxy or a load balancer closes both directions on the first FIN, or the network is broken',
    remedy: 'look for a proxy without half-close between the hosts',
    reference: 'RFC 9293, 3.6',
  }
}
