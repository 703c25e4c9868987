export {
  AddressInUseError,
  ConfigurationError,
  type ErrorClass,
  failureOf,
  NetworkError,
  isSystemError,
  networkError,
  sendError,
  place,
} from './errors.ts'
