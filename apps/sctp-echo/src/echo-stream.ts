/**
 * The stream an echo goes out on: the seed's `sri.sinfo_stream++`, back to 0 at the number of streams. Where
 * the peer sends on more streams than it takes, what came on one of those beyond goes round as well.
 *
 * @param increment 0: the same stream; 1: the next one
 * @param streams the number of streams towards the peer
 */
export function echoStream(stream: number, increment: number, streams: number): number {
  return (stream + increment) % streams
}
