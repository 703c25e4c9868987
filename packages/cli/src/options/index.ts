export { parseArguments } from './arguments.ts'
export { configure, readEnvironment } from './configuration.ts'
export { describeOptions } from './option-description.ts'
export {
  bitRate,
  byteRange,
  byteSize,
  choice,
  cidrList,
  decimal,
  duration,
  flag,
  integer,
  list,
  text,
} from './options.ts'
