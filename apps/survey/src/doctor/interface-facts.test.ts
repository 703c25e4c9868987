import { expect, it } from 'vitest'

import { platformNamed } from './interface-facts.ts'

it.each([
  ['eth0', 'Amazon EC2\nm7i.large\n', 'an AWS VPC without a transit gateway'],
  ['eth0', 'Microsoft Corporation\nVirtual Machine\n', 'an Azure virtual network'],
  ['ens4', 'Google\nGoogle Compute Engine\n', 'a Google Cloud VPC'],
  ['cilium_host', 'Dell Inc.\nPowerEdge R650\n', 'this Kubernetes network'],
  ['tailscale0', 'Google\nGoogle Compute Engine\n', 'a WireGuard tunnel'],
  ['enp3s0', 'Dell Inc.\nPowerEdge R650\n', null],
  ['eth0', '', null],
])('interface %s of %j is %s', (name, vendor, platform) => {
  expect(platformNamed(name, vendor)).toBe(platform)
})
