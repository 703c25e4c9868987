import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Connecting a datagram socket sends nothing: any port will do. */
const DISCARD_PORT = 9

/**
 * Our address that packets to `host` leave from: what routing says (connect(2) and getsockname(2)).
 * @throws {TypeError} when the host is not a numeric address
 * @throws {Error} of node:dgram, with `code`, when there is no route: ENETUNREACH, EHOSTUNREACH …
 */
export async function sourceAddress(host: string): Promise<string> {
  const family = isIP(host)
  if (family === 0) throw new TypeError(`not a numeric address: ${host}`)
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', resolve)
      socket.connect(DISCARD_PORT, host)
    })
    return socket.address().address
  } finally {
    socket.close()
  }
}

/** Ethernet's, where it cannot be learned: probes tell whether it is right. */
const USUAL_MTU = 1500

/** Every association asks, several times; interfaces change rarely. */
const GOOD_FOR_MILLIS = 1000

/** What the interfaces of this host carry. */
export class LinkMtus {
  readonly #known = new Map<string, { mtu: number; at: number }>()

  /** The MTU of the interface that has the address, bytes. */
  of(local: string): number {
    const now = performance.now()
    const known = this.#known.get(local)
    if (known && now - known.at < GOOD_FOR_MILLIS) return known.mtu
    const mtu = readMtu(local)
    this.#known.set(local, { mtu, at: now })
    return mtu
  }
}

function readMtu(local: string): number {
  const address = local.replace(/%.*/, '')
  const [name] =
    Object.entries(networkInterfaces()).find(([, infos]) =>
      infos?.some((info) => info.address === address),
    ) ?? []
  try {
    // sysfs(5); Node tells all of an interface but this.
    return Number(readFileSync(`/sys/class/net/${name}/mtu`, 'latin1')) || USUAL_MTU
  } catch {
    return USUAL_MTU
  }
}
