export { sourceAddress } from './address-words.ts'
export {
  addressBytes,
  clientPrefix,
  formatAddress,
  internetAddress,
  internetEndpoint,
  normalizeMappedAddress,
  splitZone,
} from './addresses.ts'
export {
  broadcastAddresses,
  findInterface,
  type InterfaceChoice,
  interfaceChoice,
} from './interfaces.ts'
export { isIPv6Missing, listenDualStack } from './listen.ts'
export { type ResolvedAddress, parseTarget, resolveTarget } from './resolve.ts'
