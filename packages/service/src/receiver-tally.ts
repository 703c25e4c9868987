import { readKernelDrops } from './kernel-drops.ts'
import type { UdpTally } from './udp-metrics.ts'

/**
 * The counts of a receiver whose sockets come and go: the kernel forgets the drops of a socket that is closed,
 * so what was seen before is kept.
 *
 * @param addresses what the sockets are bound to now
 */
export function createReceiverTally(addresses: () => readonly string[], port: number): UdpTally {
  let past = 0
  let last = 0
  const kernelDrops = async (): Promise<number> => {
    const each = await Promise.all(addresses().map((address) => readKernelDrops(address, port)))
    const open = each.reduce<number>((sum, drops) => sum + (drops ?? 0), 0)
    if (open < last) past += last - open
    last = open
    return past + open
  }
  return { received: 0, receivedBytes: 0, sent: 0, sentBytes: 0, unsent: new Map(), kernelDrops }
}
