import { connectTo } from '@sockyard/net/connect'

import { type Check, type Verdict, verdict } from '../../run/check.ts'
import { connectOptions } from './connect.ts'
import { type Echoed, echo } from './echo.ts'

export interface PathMtuFacts {
  smallBytes: number
  small: Echoed['outcome']
  bulkBytes: number
  bulk: Echoed['outcome']
  bulkReturnedBytes: number
}

const SMALL = Buffer.alloc(64, 'sockyard survey\n')
/** Many full segments. */
const BULK = Buffer.alloc(200_000, 'sockyard survey, in full segments\n')

/** Small segments pass and full ones do not, where a link has a smaller MTU and the ICMP messages that say so are lost. */
export const tcpPathMtu: Check<PathMtuFacts> = {
  name: 'tcp-path-mtu',
  profiles: ['quick', 'full', 'long'],
  async gather(context) {
    const { socket } = await connectTo([context.peer], connectOptions(context))
    using _ = { [Symbol.dispose]: () => socket.destroy() }
    const options = { stallMillis: context.waitMillis, signal: context.signal }
    const small = await echo(socket, SMALL, options)
    const bulk = await echo(socket, BULK, options)
    return {
      smallBytes: SMALL.length,
      small: small.outcome,
      bulkBytes: BULK.length,
      bulk: bulk.outcome,
      bulkReturnedBytes: bulk.returnedBytes,
    }
  },
  judge: judgePathMtu,
}

export function judgePathMtu(facts: PathMtuFacts): Verdict {
  const { small, smallBytes, bulk, bulkBytes, bulkReturnedBytes } = facts
  const evidence = [
    `${smallBytes} B: ${small}`,
    `${bulkBytes} B: ${bulk}, ${bulkReturnedBytes} B returned`,
  ]
  if (small === 'whole' && bulk === 'whole')
    return { ...verdict('ok', 'full segments pass as small ones do'), evidence }
  if (small === 'whole' && bulk === 'silent')
    return {
      ...verdict('fail', 'small messages return, and bulk stalls: a path-MTU black hole'),
      evidence,
      cause: 'a link on the way has a smaller MTU, and the ICMP messages that say so are dropped',
      remedy:
        'let ICMP "fragmentation needed" and "packet too big" through, or clamp the MSS (iptables TCPMSS --clamp-mss-to-pmtu)',
      reference: 'RFC 2923, 2.1',
    }
  return {
    ...verdict('fail', `the connection is ${small === 'whole' ? bulk : small}`),
    evidence,
    cause: 'the service, or something between, ended it',
    remedy: 'compare with a connection from its own host',
  }
}
