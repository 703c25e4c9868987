export {
  decodeProxyHeader,
  encodeProxyHeader,
  MAXIMUM_PROXY_HEADER_BYTES,
  type ProxyEndpoint,
  type ProxyHeader,
} from './proxy-header.ts'
