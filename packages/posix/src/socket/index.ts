export { descriptorOf, type SocketTarget } from './descriptor-of.ts'
export { ClosedDescriptorError, Descriptor } from './descriptor.ts'
export { openDeviceSocket } from './device-socket.ts'
export { interfaceName } from './interface-name.ts'
export { NativeSocket } from './native-socket.ts'
export {
  encodeSocketAddress,
  inetAton,
  inetNtop,
  inetPton,
  type InternetAddress,
  type SocketAddress,
} from './socket-address.ts'
export { MSG, type SocketKind } from './socket-calls.ts'
