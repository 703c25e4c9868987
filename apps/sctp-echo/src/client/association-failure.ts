import type { ResolvedAddress } from '@sockyard/net/address'
import {
  isSystemError,
  NetworkError,
  networkError,
  place,
  type ErrorClass,
} from '@sockyard/net/errors'
import { PeerAbortedError, PeerUnreachableError, describeCauses } from '@sockyard/sctp'

/** Why no association came up, in the words of the other clients; a wrong UDP port is silent, so it is named. */
export function handshakeFailure(
  error: unknown,
  target: ResolvedAddress,
  udpPort: number,
): NetworkError {
  if (error instanceof PeerAbortedError)
    return failure('REFUSED', `association refused${reasons(error)}`, target)
  const isLate = error instanceof DOMException && error.name === 'TimeoutError'
  if (isLate || error instanceof PeerUnreachableError)
    return failure('TIMEOUT', `no association in time over udp port ${udpPort}`, target)
  // What cannot be bound is an address of ours.
  if (isSystemError(error) && error.syscall === 'bind') return networkError(error)
  return networkError(error, target.address, target.port)
}

/** Why an association that was up is lost. */
export function lossOf(error: unknown, target: ResolvedAddress): NetworkError {
  if (error instanceof PeerAbortedError)
    return failure('RESET', `the peer aborted the association${reasons(error)}`, target)
  if (error instanceof PeerUnreachableError)
    return failure('TIMEOUT', 'the peer stopped answering', target)
  return networkError(error, target.address, target.port)
}

/** The peer shut the association down: nothing is lost, but nothing more comes either. */
export function peerEnded(target: ResolvedAddress): NetworkError {
  return failure('RESET', 'the peer ended the association', target)
}

/** What the peer said, in its words where it used some: RFC 9260 section 3.3.10.12. */
function reasons({ causes }: PeerAbortedError): string {
  return causes.length === 0 ? '' : ` (${describeCauses(causes)})`
}

function failure(errorClass: ErrorClass, what: string, target: ResolvedAddress): NetworkError {
  const { address: host, port } = target
  return new NetworkError(`${place(host, port)}${what}`, { errorClass, host, port })
}
