import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'

import { ClosedDescriptorError } from './descriptor.ts'
import { NativeSocket } from './native-socket.ts'

/** A socket of ours, or of Node's. */
export type SocketTarget = NativeSocket | Socket | Server | DatagramSocket

/**
 * The descriptor of a socket; it stays the socket's.
 *
 * @throws {ClosedDescriptorError} when it has none: closed, or not yet connected or bound
 */
export function descriptorOf(target: SocketTarget): number {
  if (target instanceof NativeSocket) return target.descriptor
  const descriptor = field(handleOf(target), 'fd')
  if (typeof descriptor === 'number' && descriptor >= 0) return descriptor
  throw new ClosedDescriptorError()
}

/**
 * Node has no public accessor. As of 26.10, node:net keeps the handle as `_handle`, node:dgram behind its
 * 'state symbol'; nothing else of this repository reads either.
 */
function handleOf(target: Exclude<SocketTarget, NativeSocket>): unknown {
  const state = Object.getOwnPropertySymbols(target).find(
    ({ description }) => description === 'state symbol',
  )
  return state === undefined ? field(target, '_handle') : field(field(target, state), 'handle')
}

function field(value: unknown, key: string | symbol): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
