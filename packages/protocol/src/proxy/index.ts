export { decodeProxyHeader, encodeProxyHeader } from './proxy-header.ts'
