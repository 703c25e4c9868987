import type { EchoPingEvent } from '@sockyard/protocol/results'

type End = Extract<EchoPingEvent, { event: 'end' }>['data']

/** What the IP header of a reply held. */
export interface ReplyHeader {
  /** TTL or hop limit, 0 to 255. */
  readonly ttl: number
  /** Type of service or traffic class, 0 to 255: DSCP (RFC 2474) and ECN (RFC 3168). */
  readonly trafficClass: number
}

const ECN_OF = ['not-ect', 'ect1', 'ect0', 'ce'] as const

/** The fields of a header as reports have them; null where it is not known. */
export function replyFields(header: ReplyHeader | undefined) {
  if (header === undefined) return { replyTtl: null, replyDscp: null, replyEcn: null }
  const { ttl: replyTtl, trafficClass } = header
  const replyEcn = ECN_OF[trafficClass & 3] ?? 'not-ect'
  return { replyTtl, replyDscp: trafficClass >>> 2, replyEcn }
}

/** A path that changes that often is not described by its headers; the rest is not told apart. */
const MAXIMUM_KINDS = 16

/** How many replies came with each combination of TTL, DSCP and ECN. */
export class ReplyHeaders {
  readonly #received = new Map<number, number>()

  record({ ttl, trafficClass }: ReplyHeader): void {
    const kind = ttl * 256 + trafficClass
    const before = this.#received.get(kind)
    if (before === undefined && this.#received.size >= MAXIMUM_KINDS) return
    this.#received.set(kind, (before ?? 0) + 1)
  }

  /** The most frequent one first. */
  counted(): End['replies'] {
    return [...this.#received]
      .toSorted(([, one], [, other]) => other - one)
      .map(([kind, received]) => {
        const header = { ttl: kind >>> 8, trafficClass: kind & 255 }
        const { replyTtl, replyDscp, replyEcn } = replyFields(header)
        return { replyTtl, replyDscp, replyEcn, received }
      })
  }
}
