import type { Flow } from './flows.ts'
import type { ServiceTraffic } from './service-traffic.ts'

/** What stands for every address of a host. */
export const WILDCARDS: readonly string[] = ['::', '0.0.0.0']

/** Which service has which address and port. */
export class Endpoints {
  readonly #owners = new Map<string, string>()

  constructor(services: readonly ServiceTraffic[]) {
    for (const { id, flows, listening } of services) {
      for (const { transport, address, port } of listening) this.#add(transport, address, port, id)
      // The local address of a receiver is the group, which belongs to no host.
      for (const { transport, localAddress, localPort, received, group } of flows)
        if (group === null || received === 0) this.#add(transport, localAddress, localPort, id)
    }
  }

  /** The service at the remote end; undefined when it is none that is known. */
  ownerOf({ transport, remoteAddress, remotePort }: Flow): string | undefined {
    return this.#owners.get(`${transport} ${remoteAddress} ${remotePort}`)
  }

  /** Every address of a service's host is that of its admin endpoint, and those of loopback. */
  #add(transport: string, address: string, port: number, id: string): void {
    const host = id.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
    for (const at of WILDCARDS.includes(address) ? [host, '127.0.0.1', '::1'] : [address]) {
      const key = `${transport} ${at} ${port}`
      if (!this.#owners.has(key)) this.#owners.set(key, id)
    }
  }
}
