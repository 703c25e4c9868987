import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { TwoHosts } from '@sockyard/testkit/network'
import { RunningApp } from '@sockyard/testkit/process'

import { on } from './namespaces.ts'

/** Routers in namespaces, from the host's side to the peer's. */
interface RouterChain extends Disposable {
  namespaces: readonly string[]
  /** The peer's address, as many routers away. */
  peerAddress: string
}

/** Whether Debian's smcroute is installed, which writes multicast routes into the kernel. */
export function canRouteMulticast(): boolean {
  return spawnSync('smcrouted', ['-h']).status === 0
}

/** Puts so many routers between two hosts: unicast is routed, multicast is not yet. */
export function routersBetween(hosts: TwoHosts, count: number): RouterChain {
  hosts.disconnect()
  const namespaces = Array.from({ length: count }, (_, index) => `${hosts.host}-router${index}`)
  for (const each of namespaces) {
    spawnSync('ip', ['netns', 'add', each])
    on(each, 'ip link set lo up')
    on(each, 'sysctl -q -w net.ipv4.ip_forward=1')
  }
  const chain = [hosts.host, ...namespaces, hosts.peer]
  for (const [link, left] of chain.slice(0, -1).entries())
    connect(left, link === 0 ? 'eth0' : 'eth1', chain[link + 1] ?? '', link)
  on(hosts.host, 'ip route add default via 10.90.0.2')
  on(hosts.peer, `ip route add default via 10.90.${count}.1`)
  for (const [index, each] of namespaces.entries()) {
    for (let link = 0; link <= count; link += 1) {
      if (link < index) on(each, `ip route add 10.90.${link}.0/24 via 10.90.${index}.1`)
      if (link > index + 1) on(each, `ip route add 10.90.${link}.0/24 via 10.90.${index + 1}.2`)
    }
  }
  return {
    namespaces,
    peerAddress: `10.90.${count}.2`,
    [Symbol.dispose]() {
      for (const each of namespaces) spawnSync('ip', ['netns', 'del', each])
    },
  }
}

/** A cable: .1 on the left, where the interface has the name that is given, .2 at eth0 on the right. */
function connect(left: string, name: string, right: string, link: number): void {
  on(left, `ip link add ${name} type veth peer name eth0 netns ${right}`)
  for (const [host, device, address] of [
    [left, name, 1],
    [right, 'eth0', 2],
  ] as const) {
    on(host, `ip addr add 10.90.${link}.${address}/24 dev ${device}`)
    on(host, `ip link set ${device} up`)
  }
}

/** Routes a group from the peer to the host, over every router, until it is disposed of. */
export function routeMulticast(chain: RouterChain, group: string): AsyncDisposable {
  const folder = mkdtempSync(join(tmpdir(), 'smcroute-'))
  const file = join(folder, 'smcroute.conf')
  writeFileSync(
    file,
    `phyint eth0 enable\nphyint eth1 enable\nmroute from eth1 source ${chain.peerAddress} group ${group} to eth0\n`,
  )
  const daemons = chain.namespaces.map((each) => {
    const files = [
      '-f',
      file,
      '-P',
      join(folder, `${each}.pid`),
      '-u',
      join(folder, `${each}.sock`),
    ]
    return new RunningApp(spawn('ip', ['netns', 'exec', each, 'smcrouted', '-n', '-N', ...files]))
  })
  return {
    async [Symbol.asyncDispose]() {
      for (const daemon of daemons) await daemon[Symbol.asyncDispose]()
    },
  }
}
