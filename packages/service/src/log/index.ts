export { type Logger } from './log.ts'
