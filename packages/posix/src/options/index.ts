export { type OptionReading, readOptions } from './option-readings.ts'
export { attachReuseportFilter } from './reuseport-filter.ts'
export { type SocketOptionType, type SocketOptionValue } from './socket-option-codecs.ts'
export {
  type SocketOption,
  type SocketOptionName,
  type SocketOptionValueOf,
} from './socket-option-table.ts'
export {
  findSocketOption,
  getSocketOption,
  kernelDrops,
  millisSinceLastSegment,
  setSocketOption,
  SocketOptionValueError,
  UnknownSocketOptionError,
} from './socket-options.ts'
