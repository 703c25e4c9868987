import type { UdpTally } from './udp-metrics.ts'

/**
 * The counts of a receiver whose sockets come and go: the kernel forgets the drops of a socket that is closed,
 * so what was seen before is kept.
 *
 * @param readDrops those of the sockets that are open now
 */
export function createReceiverTally(readDrops: () => Promise<number>): UdpTally {
  let past = 0
  let last = 0
  const kernelDrops = async (): Promise<number> => {
    const open = await readDrops()
    if (open < last) past += last - open
    last = open
    return past + open
  }
  return { received: 0, receivedBytes: 0, sent: 0, sentBytes: 0, unsent: new Map(), kernelDrops }
}
