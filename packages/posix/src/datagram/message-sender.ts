import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'

import { integerFunction, lastErrno } from '../ffi/libc.ts'
import type { NativeSocket } from '../socket/native-socket.ts'
import { MSG } from '../socket/socket-calls.ts'
import type { MessageHeaders } from './message-headers.ts'
import type { SegmentRun } from './segment-run.ts'

const sendmmsg = integerFunction('int sendmmsg(int, uint8_t *, uint32_t, int)')
const { EAGAIN, EINTR, EINVAL, EIO, EMSGSIZE, EOPNOTSUPP } = constants.errno
/** A kernel, an interface or a path that does not take segments. */
const WITHOUT_SEGMENTS: ReadonlySet<number> = new Set([EINVAL, EIO, EMSGSIZE, EOPNOTSUPP])

/** Says what was not sent: the errno's name (`EPERM`), and how many datagrams. */
export type OnRefused = (code: string, datagrams: number) => void

/**
 * Where to go on sending when the send buffer of a socket is full, without waiting.
 *
 * @param attempt how many other sockets were full too since something was last sent
 */
export type OnFull = (attempt: number) => NativeSocket | undefined

/** Gives the messages of a SendBatch to the kernel (sendmmsg(2)), and counts what it takes. */
export class MessageSender {
  readonly #headers: MessageHeaders
  readonly #run: SegmentRun
  readonly #flags: number
  #sent = 0
  #sentBytes = 0

  /** @param wait whether a call waits for room where the socket does */
  constructor(headers: MessageHeaders, run: SegmentRun, wait: boolean) {
    this.#headers = headers
    this.#run = run
    this.#flags = wait ? MSG.NOSIGNAL : MSG.NOSIGNAL | MSG.DONTWAIT
  }

  /** How many datagrams the kernel took in the last `send`. */
  get sent(): number {
    return this.#sent
  }

  /** How many bytes of payload those had. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Sends the first `messages`, each whole or, where the kernel cannot cut it, its datagrams one by one. */
  send(
    socket: NativeSocket,
    messages: number,
    onRefused: OnRefused | undefined,
    onFull: OnFull | undefined,
  ): void {
    this.#sent = 0
    this.#sentBytes = 0
    let sender = socket
    let attempt = 0
    for (let next = 0; next < messages;) {
      const taken = this.#call(sender, next, messages - next)
      const other = taken === -EAGAIN ? onFull?.(attempt) : undefined
      if (taken > 0) {
        this.#countTaken(next, taken)
        next += taken
        attempt = 0
      } else if (other === undefined) next = this.#refused(sender, next, -taken, onRefused)
      else {
        sender = other
        attempt += 1
      }
    }
  }

  /** @returns how many messages were taken, or the errno, negative, for which the first one was not */
  #call(socket: NativeSocket, first: number, count: number): number {
    for (;;) {
      const taken = sendmmsg(socket.descriptor, this.#headers.from(first), count, this.#flags)
      if (taken > 0) return taken
      const errno = lastErrno()
      if (errno !== EINTR) return -errno
    }
  }

  #countTaken(first: number, messages: number): void {
    for (let message = first; message < first + messages; message += 1) {
      this.#sent += this.#run.datagrams[message] ?? 1
      this.#sentBytes += this.#headers.length(message)
    }
  }

  /** @returns the message to go on with */
  #refused(
    socket: NativeSocket,
    message: number,
    errno: number,
    onRefused: OnRefused | undefined,
  ): number {
    if ((this.#run.datagrams[message] ?? 1) > 1 && WITHOUT_SEGMENTS.has(errno)) {
      this.#run.segments = false
      this.#sendApart(socket, message, onRefused)
      return message + 1
    }
    onRefused?.(getSystemErrorName(-errno), this.#run.datagrams[message] ?? 1)
    return message + 1
  }

  /** Sends the datagrams of one message each by itself. */
  #sendApart(socket: NativeSocket, message: number, onRefused: OnRefused | undefined): void {
    const first = this.#run.first[message] ?? 0
    const datagrams = this.#run.datagrams[message] ?? 1
    this.#headers.setControlLength(message, this.#run.controlBytes[message] ?? 0)
    this.#run.datagrams[message] = 1
    for (let vector = first; vector < first + datagrams; vector += 1) {
      this.#headers.setVectors(message, vector, 1)
      const taken = this.#call(socket, message, 1)
      if (taken > 0) this.#countTaken(message, 1)
      else onRefused?.(getSystemErrorName(taken), 1)
    }
  }
}
