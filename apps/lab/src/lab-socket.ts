import {
  getSocketOption,
  setSocketOption,
  type SocketOptionName,
  type SocketOptionValueOf,
} from '@sockyard/posix/options'
import {
  NativeSocket,
  type SocketAddress,
  type SocketKind,
  inetNtop,
  MSG,
} from '@sockyard/posix/socket'

import type { Lab, Outcome } from './lab.ts'

/** A call that blocks fails with EAGAIN after this (SO_RCVTIMEO), so that no experiment hangs. */
const RECEIVE_TIMEOUT_MILLIS = 2_000

/** A socket that reports every call, by the names of the manual; `why` explains the call. */
export class LabSocket {
  readonly who: string
  readonly native: NativeSocket
  readonly #lab: Lab

  /** Takes over `native`, which is closed at the end of the experiment. */
  constructor(lab: Lab, who: string, native: NativeSocket) {
    this.#lab = lab
    this.who = who
    this.native = lab.owns(native)
    setSocketOption(native, 'SO_RCVTIMEO', RECEIVE_TIMEOUT_MILLIS)
  }

  /** socket(2) */
  static open(lab: Lab, who: string, kind: SocketKind, why: string): LabSocket {
    const native = NativeSocket.open(kind)
    const family = { IPv4: 'AF_INET', IPv6: 'AF_INET6', unix: 'AF_UNIX' }[kind.family]
    const type = { stream: 'STREAM', datagram: 'DGRAM', raw: 'RAW', seqpacket: 'SEQPACKET' }
    const words = [family, `SOCK_${type[kind.type]}`, String(kind.protocol ?? 0)]
    lab.step({ who, call: 'socket', arguments: words, why }, () => native.descriptor)
    return new LabSocket(lab, who, native)
  }

  send(text: string | Uint8Array, why: string, flags: readonly Flag[] = []): number {
    const bytes = Buffer.from(text)
    const words = [quote(bytes), String(bytes.length), flagText(flags)]
    return this.call('send', words, why, () => this.native.send(bytes, flagBits(flags)))
  }

  recv(size: number, why: string, flags: readonly Flag[] = []): number {
    const words = [String(size), flagText(flags)]
    return this.call('recv', words, why, () => {
      const memory = new Uint8Array(size)
      const length = this.native.receive(memory, flagBits(flags))
      return length === undefined ? undefined : resultOf(memory, length)
    })
  }

  sendto(
    text: string | Uint8Array,
    to: SocketAddress | undefined,
    why: string,
    flags: readonly Flag[] = [],
  ): number {
    const bytes = Buffer.from(text)
    const words = [quote(bytes), String(bytes.length), flagText(flags), placeText(to)]
    return this.call('sendto', words, why, () =>
      to === undefined ? undefined : this.native.sendTo(bytes, to, flagBits(flags)),
    )
  }

  /** @returns the source address; undefined when nothing was received */
  recvfrom(size: number, why: string, flags: readonly Flag[] = []): SocketAddress | undefined {
    let from: SocketAddress | undefined
    this.call('recvfrom', [String(size), flagText(flags)], why, () => {
      const memory = new Uint8Array(size)
      const received = this.native.receiveFrom(memory, flagBits(flags))
      if (received === undefined) return undefined
      from = received.from
      const { returned, got } = resultOf(memory, received.length)
      return { returned, got: `${got} from ${placeText(from)}` }
    })
    return from
  }

  shutdown(side: 'reading' | 'writing' | 'both', why: string): void {
    const how = { reading: 'SHUT_RD', writing: 'SHUT_WR', both: 'SHUT_RDWR' }[side]
    this.call('shutdown', [how], why, () => {
      this.native.shutdown(side)
      return 0
    })
  }

  close(why: string): void {
    this.call('close', [], why, () => {
      this.native.close()
      return 0
    })
  }

  setsockopt<Name extends SocketOptionName>(
    name: Name,
    value: SocketOptionValueOf<Name>,
    why: string,
  ): void {
    this.call('setsockopt', [name, JSON.stringify(value)], why, () => {
      setSocketOption(this.native, name, value)
      return 0
    })
  }

  getsockopt(name: SocketOptionName, why: string): void {
    this.call('getsockopt', [name], why, () => ({
      returned: 0,
      got: JSON.stringify(getSocketOption(this.native, name)),
    }))
  }

  /** Any other call on this socket. */
  call(name: string, words: readonly string[], why: string, perform: () => Outcome): number {
    return this.#lab.step({ who: this.who, call: name, arguments: words, why }, perform)
  }
}

/** With MSG_TRUNC the length can be more than there is memory. */
function resultOf(memory: Uint8Array, length: number): { returned: number; got: string } {
  return { returned: length, got: quote(memory.subarray(0, length)) }
}

export type Flag = keyof typeof MSG

/** What the kernel is given for these flags. */
function flagBits(flags: readonly Flag[]): number {
  return flags.reduce((bits, flag) => bits | MSG[flag], 0)
}

/** `MSG_PEEK|MSG_TRUNC`, as a C program has them; 0 for none. */
function flagText(flags: readonly Flag[]): string {
  return flags.map((flag) => `MSG_${flag}`).join('|') || '0'
}

/** At most so many characters of what was sent or received are shown. */
const SHOWN = 32

/** `"hello"`, `"xxxx"…` */
export function quote(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, SHOWN)).toString('latin1')
  return JSON.stringify(text) + (bytes.length > SHOWN ? '…' : '')
}

/** `127.0.0.1:3111` */
export function placeText(address: SocketAddress | undefined): string {
  if (address === undefined) return 'none'
  if (address.family === 'unix') return address.path || 'unnamed'
  return `${inetNtop(address.bytes)}:${address.port}`
}
