import process from 'node:process'

import type { DescriptorUse } from '../access/descriptor-budget.ts'
import type { LimitedLog, LogTarget } from '../log/limited-log.ts'
import type { TcpProtocol } from '../tcp/tcp-connection.ts'
import type { TcpCounters } from '../tcp/tcp-counters.ts'

/** The command to a worker: end when no connection is left, or at once. */
export type WorkerCommand = 'stop' | 'end'
/** The command to a thread, which accepts connections itself once every thread is ready. */
export type ThreadCommand = WorkerCommand | { accept: DescriptorUse }

/** The message of a worker process or thread to its parent. */
export type WorkerMessage =
  | { kind: 'ready' }
  /** All that its `TcpCounters` hold. */
  | { kind: 'counts'; values: number[] }
  | { kind: 'line'; level: keyof LimitedLog; fields: object; message: string }
  /** A connection that was handed over by Node has arrived: the parent closes its own descriptor. */
  | { kind: 'taken'; id: number }
  /** A connection that the parent had accepted has closed. */
  | { kind: 'closed'; name: string }

/** The module of a service's protocol; it exports `createProtocol`. */
export interface ProtocolModule {
  url: string
  /** For `createProtocol`; survives JSON. */
  settings: unknown
}

/** What a worker is started with; it goes to a process as JSON. */
export interface WorkerSettings {
  protocol: ProtocolModule
  idleMillis: number
  drainIdleMillis: number
  deadPeerMillis: number
  logConnections: boolean
  isInfoLogged: boolean
  linesPerSecond: number
}

/** Where a worker process finds the socket that it inherits: behind the standard streams and the channel. */
export const SOCKET_DESCRIPTOR = 4

/**
 * Imports the module that a worker serves with, and calls its `createProtocol`.
 *
 * @throws {Error} of the import, or of the module
 */
export async function loadProtocol({ url, settings }: ProtocolModule): Promise<TcpProtocol> {
  const module = (await import(url)) as { createProtocol: (settings: unknown) => TcpProtocol }
  return module.createProtocol(settings)
}

/** A log whose lines the parent writes. */
export function parentLog(
  isInfoLogged: boolean,
  post: (message: WorkerMessage) => void,
): LogTarget {
  const line =
    (level: keyof LimitedLog): LogTarget['info'] =>
    (fields, message) =>
      post({ kind: 'line', level, fields, message })
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    isLevelEnabled: (level) => isInfoLogged || level === 'warn' || level === 'error',
  }
}

/** Posts to the parent process. */
export function postToParent(message: WorkerMessage, onSent = (): void => undefined): void {
  if (process.connected) process.send?.(message, undefined, {}, onSent)
  else onSent()
}

const REPORT_MILLIS = 100

/**
 * Reports the counters to the parent process, when they have changed.
 *
 * @param host the global `process`
 * @returns reports the rest, and ends the process
 */
export function reportCounts(host: NodeJS.Process, counters: TcpCounters): () => void {
  const values = new Float64Array(counters.memory)
  let reported = values.slice()
  const report = (onSent?: () => void): void => {
    reported = values.slice()
    postToParent({ kind: 'counts', values: [...reported] }, onSent)
  }
  const timer = setInterval(() => {
    if (values.some((value, index) => value !== reported[index])) report()
  }, REPORT_MILLIS)
  timer.unref()
  return () => report(() => host.exit())
}

/**
 * Takes commands from the process that started this one only: a terminal's signals go to both, and it is for the parent
 * to say what they mean. Without a parent the process ends.
 */
export function onCommand(host: NodeJS.Process, run: (command: WorkerCommand) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) host.on(signal, () => undefined)
  host.on('disconnect', () => host.exit())
  host.on('message', (message) => {
    if (message === 'stop' || message === 'end') run(message)
  })
}

/** What goes with a descriptor that is passed: whose connection it is. */
export function encodePeer({ address, port }: { address: string; port: number }): Uint8Array {
  return new TextEncoder().encode(`${address} ${port}`)
}

/** The other side of `encodePeer`. */
export function decodePeer(bytes: Uint8Array): { address: string; port: number } {
  const [address = '', port] = new TextDecoder().decode(bytes).split(' ')
  return { address, port: Number(port) }
}
