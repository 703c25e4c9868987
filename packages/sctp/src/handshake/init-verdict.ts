import { concatPadded } from '../wire/bytes.ts'
import type { InitChunk } from '../wire/chunk.ts'
import { CAUSE_CODE, missingMandatoryParameter, type ErrorCause } from '../wire/error-cause.ts'
import {
  PARAMETER_TYPE,
  encodeParameter,
  unrecognizedParameterAction,
  type Parameter,
} from '../wire/parameter.ts'

const SMALLEST_WINDOW = 1500

/** What an INIT or INIT ACK says, once its parameters are judged. */
export type InitVerdict =
  | { kind: 'discard' }
  | { kind: 'abort'; cause: ErrorCause }
  | {
      kind: 'accept'
      addresses: string[]
      cookie: Uint8Array | undefined
      /** Milliseconds of cookie life that the peer asks for beyond the default. */
      preservative: number
      /** Parameters to report, each whole (RFC 9260 section 3.2.2). */
      unrecognized: Uint8Array[]
    }

/** Judges the fixed fields and the parameters (RFC 9260 sections 3.3.2, 3.3.3 and 5.1). */
export function initVerdict(chunk: InitChunk): InitVerdict {
  if (chunk.initiateTag === 0) return { kind: 'discard' }
  const { outboundStreams, inboundStreams, window } = chunk
  if (outboundStreams === 0 || inboundStreams === 0 || window < SMALLEST_WINDOW) {
    return invalid()
  }
  return parametersVerdict(chunk)
}

const invalid = (): InitVerdict => ({
  kind: 'abort',
  cause: { code: CAUSE_CODE.INVALID_MANDATORY_PARAMETER, information: new Uint8Array(0) },
})

function parametersVerdict({ kind, parameters }: InitChunk): InitVerdict {
  const { known, unrecognized } = recognize(parameters)
  const host = known.find((parameter) => parameter.kind === 'host-name')
  if (host) return unresolvable(host)
  const cookie = known.find((parameter) => parameter.kind === 'cookie')?.cookie
  if (kind === 'init-ack' && !cookie) {
    return { kind: 'abort', cause: missingMandatoryParameter([PARAMETER_TYPE.STATE_COOKIE]) }
  }
  return {
    kind: 'accept',
    addresses: known.flatMap((each) => (each.kind === 'address' ? [each.address] : [])),
    cookie,
    preservative: known.find((each) => each.kind === 'cookie-preservative')?.millis ?? 0,
    unrecognized,
  }
}

/** RFC 9260 section 3.3.2.1: names are no longer accepted as addresses. */
const unresolvable = (host: Parameter): InitVerdict => ({
  kind: 'abort',
  cause: { code: CAUSE_CODE.UNRESOLVABLE_ADDRESS, information: encodeParameter(host) },
})

/** Separates what we know from what is to be reported, up to where we must stop (3.2.1). */
function recognize(parameters: readonly Parameter[]): {
  known: Parameter[]
  unrecognized: Uint8Array[]
} {
  const known: Parameter[] = []
  const unrecognized: Uint8Array[] = []
  for (const parameter of parameters) {
    if (parameter.kind !== 'unknown') {
      known.push(parameter)
      continue
    }
    const { proceed, report } = unrecognizedParameterAction(parameter.type)
    if (report) unrecognized.push(encodeParameter(parameter))
    if (!proceed) break
  }
  return { known, unrecognized }
}

/** The cause that reports parameters of an INIT ACK (RFC 9260 section 3.3.10.8). */
export const unrecognizedParameters = (parameters: readonly Uint8Array[]): ErrorCause => ({
  code: CAUSE_CODE.UNRECOGNIZED_PARAMETERS,
  information: concatPadded(parameters),
})
