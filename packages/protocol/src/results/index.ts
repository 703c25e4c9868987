export {
  consoleChat,
  type ConsoleChat,
  consoleChatLine,
  type ConsoleChatLine,
  consoleChatMember,
} from './console-chat.ts'
export { consoleLab, type ConsoleLab, consoleLabRun, type ConsoleLabRun } from './console-lab.ts'
export {
  consoleEvents,
  consoleSamples,
  consoleSeries,
  consoleServices,
  consoleTopology,
} from './console.ts'
export { daytimeQueryEvent, type DaytimeQueryEvent } from './daytime-query.ts'
export { echoPingEvent, type EchoPingEvent } from './echo-ping.ts'
export type { Failure } from './fields.ts'
export { labEvent, type LabEvent, type LabPacket, type LabStep } from './lab.ts'
export { lookupEvent, type LookupAnswer, type LookupEvent } from './lookup.ts'
export { messageEvent, type MessageEvent } from './messages.ts'
export {
  multicastReceiveEvent,
  multicastReceiveLine,
  type MulticastReceiveEvent,
} from './multicast-receive.ts'
export { multicastSendEvent, multicastSendLine, type MulticastSendEvent } from './multicast-send.ts'
export { sctpSendEvent, type SctpSendEvent } from './sctp-send.ts'
export { sntpObserveEvent, sntpObserveLine, type SntpObserveEvent } from './sntp-observe.ts'
export { sntpQueryEvent, type SntpQueryEvent } from './sntp-query.ts'
export { surveyDoctorEvent, type SurveyDoctorEvent } from './survey-doctor.ts'
export { surveyMulticastPingEvent, type SurveyMulticastPingEvent } from './survey-multicast-ping.ts'
export {
  type SurveyResult,
  surveyResult,
  type SurveyRunEvent,
  surveyRunEvent,
} from './survey-run.ts'
export { tcpBulkEvent, type TcpBulkEvent } from './tcp-bulk.ts'
