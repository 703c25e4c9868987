/**
 * What to do with a chunk or parameter of unknown type, said by the two highest bits of its type
 * (RFC 9260 sections 3.2 and 3.2.1): the higher of the two bits says whether to go on with what
 * follows it in the same packet or chunk, the lower whether to report it.
 */
export interface UnrecognizedAction {
  goOn: boolean
  report: boolean
}

/** The action for an unknown chunk type (8 bits). */
export const unrecognizedChunkAction = (type: number): UnrecognizedAction => ({
  goOn: (type & 0x80) !== 0,
  report: (type & 0x40) !== 0,
})

/** The action for an unknown parameter type (16 bits). */
export const unrecognizedParameterAction = (type: number): UnrecognizedAction =>
  unrecognizedChunkAction(type >>> 8)
