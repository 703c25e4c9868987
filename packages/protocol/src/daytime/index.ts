export { formatDaytime, LONGEST_DAYTIME_BYTES, parseDaytime, type Daytime } from './daytime.ts'
export { decodeTime, encodeTime, TIME_BYTES } from './time.ts'
