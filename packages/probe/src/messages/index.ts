export { createMessageReport, type MessageReport } from './message-report.ts'
export { exchange, type MessagePeer, send } from './messages.ts'
