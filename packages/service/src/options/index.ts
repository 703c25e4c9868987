export { clientAdminOptions } from './admin-options.ts'
export {
  accessOptions,
  connectionLimitOptions,
  count,
  deadline,
  engine,
  groups,
  host,
  interfaces,
  interval,
  ipFamily,
  ipFamilyOptions,
  json,
  port,
  probeInterval,
  quiet,
  rate,
  rateLimit,
  requestCount,
  size,
  ttl,
  wait,
} from './common-options.ts'
export {
  exchangeMessageOptions,
  receiveMessageOptions,
  sendMessageOptions,
} from './message-options.ts'
export { datagramPathOptions, pathOptions } from './path-options.ts'
export { pingOptions } from './ping-options.ts'
