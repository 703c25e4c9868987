import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { type Check, type CheckContext, fromDoctor, type Verdict } from '../../run/check.ts'
import { echoFormat } from './echo-format.ts'
import { type SizeFacts, sizeFacts } from './size-facts.ts'
import { judgeSizes } from './size-verdict.ts'

export interface EchoSizeFacts extends SizeFacts {
  /** Whether a datagram without contents comes back. */
  emptyAnswered: boolean
}

const ATTEMPTS = 3
const ATTEMPT_MILLIS = 500

/** Datagrams of nothing up to 65,507 B to a UDP echo, with fragmentation forbidden and allowed. */
export const udpSizes: Check<EchoSizeFacts> = {
  name: 'udp-sizes',
  profiles: ['quick', 'full', 'long'],
  async gather(context) {
    const sizes = await sizeFacts(context.peer, echoFormat(), context.signal)
    return { ...sizes, emptyAnswered: await isEmptyAnswered(context) }
  },
  judge: judgeEchoSizes,
}

async function isEmptyAnswered({ peer, signal }: CheckContext): Promise<boolean> {
  const socket = createSocket(peer.family === 6 ? 'udp6' : 'udp4')
  // An ICMP error is no answer.
  socket.on('error', () => {})
  try {
    socket.connect(peer.port, peer.address)
    await once(socket, 'connect', { signal })
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      socket.send('')
      const waiting = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MILLIS)])
      const answer = await once(socket, 'message', { signal: waiting }).catch(() => undefined)
      signal.throwIfAborted()
      if (answer !== undefined) return true
    }
    return false
  } finally {
    socket.close()
  }
}

export function judgeEchoSizes(facts: EchoSizeFacts): Verdict {
  const found = fromDoctor(judgeSizes(facts))
  if (facts.emptyAnswered || found.status !== 'ok') return found
  return {
    ...found,
    status: 'warn',
    summary: 'datagrams without contents are not answered; every other size is',
    cause: 'a proxy on the way drops them, as that of published container ports does',
    remedy: 'send one byte at least',
    reference: 'RFC 768',
  }
}
