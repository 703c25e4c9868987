export { AccessList, type AccessVerdict } from './access-list.ts'
export { ConnectionLimiter, type RejectReason } from './connection-limiter.ts'
export { descriptorBudget } from './descriptor-budget.ts'
export {
  DATAGRAM_REJECTIONS,
  type DatagramRejection,
  type DatagramRules,
  datagramVerdict,
  sourceVerdict,
} from './datagram-verdict.ts'
export { LocalPeerCounter } from './peer-counter.ts'
export { LoopDetector } from './loop-detector.ts'
export { NTP_RATE, RateLimiter } from './rate-limiter.ts'
export { SourceFilter, type SourceRejection } from './source-filter.ts'
