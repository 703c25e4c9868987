export { type LimitedLog, limitLog, type LogTarget } from './limited-log.ts'
