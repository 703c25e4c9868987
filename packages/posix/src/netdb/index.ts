export {
  AI,
  type AddressInfo,
  type AddressInfoHints,
  getaddrinfo,
  getnameinfo,
  NI,
} from './getaddrinfo.ts'
export { gethostbyaddr, gethostbyname, gethostent, type HostEntry } from './hosts.ts'
export { type CLibrary, cLibrary, configureNameServiceSwitch } from './name-service-switch.ts'
export { ResolverError } from './resolver-error.ts'
export {
  getprotobyname,
  getprotobynumber,
  getprotoent,
  getservbyname,
  getservbyport,
  getservent,
  type ProtocolEntry,
  type ServiceEntry,
} from './services-protocols.ts'
