import type { LimitedLog } from '@sockyard/service/limited-log'

/** What a worker process is told: end when nobody is left, or at once. */
export type Order = 'stop' | 'end'

/** What a worker process tells. */
export type News =
  | { kind: 'ready' }
  /** All that its `EngineCounts` hold. */
  | { kind: 'counts'; values: number[] }
  /** A line for the log. */
  | { kind: 'line'; level: keyof LimitedLog; fields: object; message: string }
  /** A connection that was handed over by Node has arrived: the parent closes its own descriptor. */
  | { kind: 'taken'; id: number }
  /** A connection that the parent had let in is over. */
  | { kind: 'left'; peer: string }

/** How a worker process serves; it goes to it as JSON. */
export interface WorkerRules {
  idleMillis: number
  thinkMillis: number
  vanishedMillis: number
}

/** What a worker with an engine on epoll is started with. */
export interface EngineRules extends WorkerRules {
  /** What its descriptor is: a socket that listens, or one over which connections are passed. */
  entrance: 'listener' | 'channel'
  limits: { total: number; perAddress: number }
  allow: readonly string[]
  deny: readonly string[]
  isInfoLogged: boolean
  linesPerSecond: number
}

/** With node:net: `isSingle` serves the one connection that it was started with. */
export interface NodeRules extends WorkerRules {
  isSingle: boolean
}

/** Where a worker process finds the socket that it inherits: behind the standard streams and the channel. */
export const SOCKET_DESCRIPTOR = 4

/** What goes with a descriptor that is passed: whose connection it is. */
export function encodeVisitor({ address, port }: { address: string; port: number }): Uint8Array {
  return new TextEncoder().encode(`${address} ${port}`)
}

/** The other side of `encodeVisitor`. */
export function decodeVisitor(bytes: Uint8Array): { address: string; port: number } {
  const [address = '', port] = new TextDecoder().decode(bytes).split(' ')
  return { address, port: Number(port) }
}
