export { createMessageReport, type MessageReport } from './message-report.ts'
export type { MessagePeer, MessageTransport } from './messages.ts'
