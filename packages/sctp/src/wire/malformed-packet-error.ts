/** Bytes that are no SCTP packet, chunk, parameter or cookie; `part` says which, `reason` why. */
export class MalformedPacketError extends Error {
  override name = 'MalformedPacketError'
  readonly part: string
  readonly reason: string

  constructor(part: string, reason: string) {
    super(`${part}: ${reason}`)
    this.part = part
    this.reason = reason
  }
}
