export { BroadcastEndpoint } from './broadcast-endpoint.ts'
export { type GroupInterface, chooseInterfaces, presentInterfaces } from './interfaces.ts'
export { kernelGroup } from './kernel-groups.ts'
export { MulticastMembership } from './membership.ts'
export {
  type GroupDatagramSource,
  type GroupMembership,
  type MulticastGroup,
  eachDatagram,
  sourceText,
} from './receive-context.ts'
