export { formatDaytime, LONGEST_DAYTIME_BYTES, parseDaytime } from './daytime.ts'
export { decodeTime, encodeTime } from './time.ts'
