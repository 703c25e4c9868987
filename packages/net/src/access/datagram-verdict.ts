import type { DatagramAddresses } from '../address/address-words.ts'
import type { AccessList } from './access-list.ts'
import type { LoopDatagrams, LoopDetector } from './loop-detector.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { DESTINATION_REJECTIONS, SOURCE_REJECTIONS, type SourceFilter } from './source-filter.ts'

/** Why a datagram is not answered, whatever it holds: the first that fits, in this order. */
export const DATAGRAM_REJECTIONS = [
  ...SOURCE_REJECTIONS,
  ...DESTINATION_REJECTIONS,
  'denied',
  'not-allowed',
  'rate-limited',
  'loop',
] as const

/** Why a datagram is not answered. */
export type DatagramRejection = (typeof DATAGRAM_REJECTIONS)[number]

/** Those that need no count of what came before. */
export type SourceVerdict = 'permitted' | Exclude<DatagramRejection, 'rate-limited' | 'loop'>

/** What `datagramVerdict` asks, in this order. */
export interface DatagramRules {
  filter: SourceFilter
  /** `--allow` and `--deny`. */
  access: AccessList
  /** `--rate-limit` */
  limiter: RateLimiter
  /** Of a service that answers whatever comes, so that it can be made to answer another such service. */
  loops?: LoopDetector
}

/** Whether a datagram from there may be answered at all, before anything is known of what it holds. */
export function sourceVerdict(
  datagrams: DatagramAddresses,
  index: number,
  { filter, access }: Pick<DatagramRules, 'filter' | 'access'>,
  nowMillis?: number,
): SourceVerdict {
  return filter.rejectDatagram(datagrams, index, nowMillis) ?? access.checkSource(datagrams, index)
}

/**
 * Whether a datagram is answered: exactly one reason why not. Only one that may be answered takes a token of its
 * source.
 *
 * @param nowMillis of a clock that never goes back; that of the whole batch
 */
export function datagramVerdict(
  datagrams: LoopDatagrams,
  index: number,
  rules: DatagramRules,
  nowMillis?: number,
): 'permitted' | DatagramRejection {
  const verdict = sourceVerdict(datagrams, index, rules, nowMillis)
  if (verdict !== 'permitted') return verdict
  const rate = rules.limiter.takeSource(datagrams, index, nowMillis)
  if (rate === 'limited' || rate === 'total-limited') return 'rate-limited'
  return rules.loops?.isLoop(datagrams, index, nowMillis) === true ? 'loop' : 'permitted'
}
