export {
  decodeEchoProbe,
  ECHO_HEADER_BYTES,
  encodeEchoProbe,
  encodeEchoProbeInto,
  verifyPadding,
} from './echo-probe.ts'
export { fillPattern, firstMismatch, PATTERN_PERIOD } from './pattern.ts'
