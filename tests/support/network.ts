import { randomUUID } from 'node:crypto'

import { getContainerRuntimeClient, StartedNetwork } from 'testcontainers'

/** A bridge network of IPv4 and IPv6, removed when the `await using` block is left. */
export async function startNetwork(): Promise<StartedNetwork> {
  const client = await getContainerRuntimeClient()
  const name = `sockyard-test-${randomUUID()}`
  const network = await client.network.create({
    Name: name,
    EnableIPv6: true,
    // Before version 27 an engine chooses no IPv6 subnet by itself.
    IPAM: { Config: [{ Subnet: localSubnet(name) }] },
  })
  return new StartedNetwork(client, name, network)
}

/** A unique local subnet (RFC 4193) out of a name that ends in random hexadecimal digits. */
export function localSubnet(name: string): string {
  const digits = name.slice(-10)
  return `fd${digits.slice(0, 2)}:${digits.slice(2, 6)}:${digits.slice(6, 10)}::/64`
}
