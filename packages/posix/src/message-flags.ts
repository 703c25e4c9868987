/** What one send(2) or recv(2) does differently, by the manual's names: flags are joined with `|`. */
export const MSG = {
  /** Urgent (out-of-band) data: one byte, TCP only. */
  OOB: 0x1,
  /** Reads without taking: the next call sees the same bytes. */
  PEEK: 0x2,
  /** Only to hosts on the same network. */
  DONTROUTE: 0x4,
  /** Receiving a datagram tells its whole length, also when it did not fit. */
  TRUNC: 0x20,
  /** This one call does not wait, whatever the socket is. */
  DONTWAIT: 0x40,
  /** The end of a record (SOCK_SEQPACKET). */
  EOR: 0x80,
  /** Waits until the memory is full, the stream is over, or an error comes. */
  WAITALL: 0x100,
  /** No SIGPIPE: `NativeSocket` always sends with it. */
  NOSIGNAL: 0x4000,
  /** More follows at once: TCP and UDP hold this until it does. */
  MORE: 0x8000,
} as const
