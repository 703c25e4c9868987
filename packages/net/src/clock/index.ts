export { now, plausibleStamp } from './clock.ts'
