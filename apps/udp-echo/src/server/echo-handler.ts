import { servicePorts } from '@sockyard/catalog'
import {
  AccessList,
  DATAGRAM_REJECTIONS,
  type DatagramRules,
  datagramVerdict,
  LoopDetector,
  RateLimiter,
  SourceFilter,
} from '@sockyard/net/access'
import { sourceAddress } from '@sockyard/net/address'
import { type Datagrams, type OnDatagrams, SharedCounters, type UdpSocket } from '@sockyard/net/udp'

import { isTold, type Refusal } from './refusal-log.ts'

/** What becomes of a datagram: it is answered, or there is exactly one reason why not. */
export const VERDICTS = ['answered', ...DATAGRAM_REJECTIONS, 'busy'] as const

export type Verdict = (typeof VERDICTS)[number]

/** What echoes are answered by; it may go to another thread. */
export interface EchoData {
  perSecond: number
  maximumSources: number
  allow: readonly string[]
  deny: readonly string[]
  /** Where it counts, for the thread that exports it. */
  verdicts: Float64Array<SharedArrayBuffer>
  /** Of `RefusalLog`. */
  refused: Int32Array
  /** Whether the log has a use for what is not answered. */
  isLogged: boolean
}

/** Answers a datagram that may be answered. @returns false when it cannot, for want of room */
export type Answer = (datagrams: Datagrams, index: number, socket: UdpSocket) => boolean

/**
 * Sends datagrams back to where they came from, byte for byte (RFC 862): the payload never matters, only where it says
 * it comes from and where it was sent to.
 *
 * @param post gets a `Refusal` for the log
 */
export function createEcho(
  data: EchoData,
  post: (refusal: Refusal) => void,
  answer: Answer = echo,
): OnDatagrams {
  const counts = new SharedCounters(VERDICTS, data.verdicts)
  let rules: DatagramRules | undefined
  return (datagrams, socket) => {
    rules ??= rulesOf(data, socket.local.port)
    const nowMillis = performance.now()
    for (let index = 0; index < datagrams.count; index += 1) {
      const permission = datagramVerdict(datagrams, index, rules, nowMillis)
      const isAnswered = permission === 'permitted' && answer(datagrams, index, socket)
      const verdict = permission === 'permitted' ? (isAnswered ? 'answered' : 'busy') : permission
      counts.count(verdict)
      if (!isAnswered && data.isLogged && isTold(data.refused))
        post(refusalOf(datagrams, index, verdict))
    }
  }
}

/** The handler of a thread. */
export function createHandler(data: unknown, post: (message: unknown) => void): OnDatagrams {
  return createEcho(data as EchoData, post)
}

function echo(datagrams: Datagrams, index: number, socket: UdpSocket): true {
  socket.echo(datagrams, index)
  return true
}

function rulesOf({ perSecond, maximumSources, ...lists }: EchoData, port: number): DatagramRules {
  return {
    filter: new SourceFilter({ ownPorts: [...servicePorts(), port] }),
    access: new AccessList(lists),
    limiter: new RateLimiter({ perSecond, maximumSources }),
    loops: new LoopDetector(),
  }
}

function refusalOf(datagrams: Datagrams, index: number, reason: Verdict): Refusal {
  const address = sourceAddress(datagrams, index)
  const port = datagrams.sourcePort(index)
  return { address, port, bytes: datagrams.length(index), reason }
}
