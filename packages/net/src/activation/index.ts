export {
  ActivationSockets,
  NOTHING_PASSED,
  type PassedDescriptors,
  passedNames,
  takeActivatedSockets,
  takeInetdSocket,
} from './activation-sockets.ts'
