export {
  ActivationSockets,
  NOTHING_PASSED,
  type PassedSockets,
  passedNames,
  takeActivatedSockets,
  takeInetdSocket,
} from './activation-sockets.ts'
