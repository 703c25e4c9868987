import type { ResolvedAddress } from '@sockyard/service/resolve'

/** Who sends on a probe socket, and is told what became of it. Moments are those of `performance.now()`. */
export interface PingListener {
  /** A probe goes out now. @param dueAt as given to `send` */
  onDeparted(sequence: number, at: number, dueAt: number | undefined): void
  /** A probe was not sent. Never told within `send`: a window that refills would never let the event loop go on. */
  onNotSent(sequence: number, error: Error): void
  /** An ICMP error came (RFC 1122, 4.1.3.3), for which datagram is not known. */
  onNotDelivered(error: Error): void
  /** @param bytes good until this returns */
  onDatagram(bytes: Uint8Array, at: number): void
}

/** A socket connected to one server, so that the kernel lets in nobody else's datagrams. */
export interface PingSocket extends Disposable {
  readonly target: ResolvedAddress
  /** Before the first `send`. */
  listen(listener: PingListener): void
  /**
   * @param dueAt when it should have gone out, by a schedule
   * @returns false when too many wait to be sent: this one is not
   */
  send(sequence: number, bytes: Uint8Array, dueAt: number | undefined): boolean
}
