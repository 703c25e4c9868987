import type { Peer, PeersAnswer } from './peers.ts'

/** Traffic of a service with one peer, with its rate. */
export interface Flow extends Peer {
  /** Either way. */
  bytesPerSecond: number
  /** Datagrams either way; null of TCP. */
  packetsPerSecond: number | null
}

/** Makes rates out of what the answers of one service count. */
export class FlowReader {
  #before = new Map<string, Peer>()
  #beforeMillis: number | undefined

  /** @param nowMillis a clock that never goes back */
  read({ peers }: PeersAnswer, nowMillis: number): Flow[] {
    const seconds = this.#beforeMillis === undefined ? 0 : (nowMillis - this.#beforeMillis) / 1_000
    const flows = peers.map((peer) => {
      const before = this.#before.get(keyOf(peer))
      const rate = (read: (each: Peer) => number): number =>
        before === undefined || seconds === 0
          ? 0
          : Math.max(0, (read(peer) - read(before)) / seconds)
      const packets = rate((each) => (each.received ?? 0) + (each.sent ?? 0))
      return {
        ...peer,
        bytesPerSecond: rate((each) => each.receivedBytes + each.sentBytes),
        packetsPerSecond: peer.received === null ? null : packets,
      }
    })
    this.#before = new Map(peers.map((peer) => [keyOf(peer), peer]))
    this.#beforeMillis = nowMillis
    return flows
  }
}

function keyOf(peer: Peer): string {
  const { transport, localAddress, localPort, remoteAddress, remotePort, group } = peer
  return JSON.stringify([transport, localAddress, localPort, remoteAddress, remotePort, group])
}
