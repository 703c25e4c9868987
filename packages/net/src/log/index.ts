export { type LimitedLog, limitLog } from './limited-log.ts'
