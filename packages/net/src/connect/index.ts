export { Backoff } from './backoff.ts'
export { type ConnectOptions, type Connected, connectTo } from './connect.ts'
export {
  ECN_CODEPOINTS,
  isPathChosen,
  localEndpoint,
  type PathOptions,
  setPathOptions,
  sourceInterface,
} from './path-options.ts'
