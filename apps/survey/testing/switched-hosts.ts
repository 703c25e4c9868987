import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { RunningApp } from '@sockyard/testkit/process'

import { on, start } from './namespaces.ts'

/** Hosts 10.88.0.1, 10.88.0.2 … in namespaces, on one switch. */
export interface SwitchedHosts extends Disposable {
  hosts: { namespace: string; address: string }[]
}

/** @param name of the test: the namespaces begin with it */
export function switchedHosts(name: string, count: number): SwitchedHosts {
  const bridge = `${name}-switch-${process.pid}`
  ip(`netns add ${bridge}`)
  on(bridge, 'ip link add br0 type bridge mcast_snooping 0')
  on(bridge, 'ip link set br0 up')
  const hosts = Array.from({ length: count }, (_, index) => {
    const namespace = `${name}-${index + 1}-${process.pid}`
    const address = `10.88.0.${index + 1}`
    ip(`netns add ${namespace}`)
    on(namespace, 'ip link set lo up')
    on(bridge, `ip link add port${index} type veth peer name eth0 netns ${namespace}`)
    on(bridge, `ip link set port${index} master br0 up`)
    on(namespace, `ip addr add ${address}/24 dev eth0`)
    on(namespace, 'ip link set eth0 up')
    on(namespace, 'ip route add default dev eth0')
    return { namespace, address }
  })
  return {
    hosts,
    [Symbol.dispose]() {
      for (const namespace of [bridge, ...hosts.map((each) => each.namespace)])
        spawnSync('ip', ['netns', 'del', namespace])
    },
  }
}

function ip(line: string): void {
  const { status, stderr } = spawnSync('ip', line.split(' '))
  if (status !== 0) throw new Error(`ip ${line}: ${String(stderr)}`)
}

/** @returns a file with a key for agents and their coordinator */
export function keyFile(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'survey-key-')), 'mesh.key')
  writeFileSync(file, 'a key of at least sixteen bytes')
  return file
}

/** An agent in a namespace, ready for coordinators. */
export async function startAgent(
  namespace: string,
  key: string,
  ...args: string[]
): Promise<RunningApp> {
  const words = ['agent', '--key-file', key, ...args, '--log-format', 'json', '--admin-port', '0']
  const agent = start(namespace, 'survey', words)
  await agent.waitForLog(({ msg, authenticated }) => msg === 'listening' && authenticated === true)
  return agent
}
