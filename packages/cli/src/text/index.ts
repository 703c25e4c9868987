export { escapeJson, escapeText } from './escape-text.ts'
export { eventLine, timestamp } from './event-line.ts'
export { versionOf } from './version.ts'
export { NO_BREAK_SPACE, wrap } from './wrap.ts'
