import { spawnSync } from 'node:child_process'

/** Runs `ip`, and throws with what it said when it fails. */
function ip(line: string): void {
  const { status, stderr } = spawnSync('ip', line.split(' '))
  if (status !== 0) throw new Error(`ip ${line}: ${String(stderr)}`)
}

/** Whether this process may make network namespaces: it is root and iproute2 is here. */
export function canMakeNamespaces(): boolean {
  if (spawnSync('ip', ['netns', 'add', `sockyard-try-${process.pid}`]).status !== 0) return false
  return spawnSync('ip', ['netns', 'del', `sockyard-try-${process.pid}`]).status === 0
}

/** A network namespace with an interface eth0, whose other end is eth0 in the namespace `peer`. */
export interface TwoHosts extends Disposable {
  host: string
  peer: string
  /** Puts the cable in, as at the beginning: new interfaces, the same names and addresses. */
  connect(): void
  /** Takes the interfaces away on both sides, as Docker does when it disconnects a network. */
  disconnect(): void
}

/** Two hosts, 10.77.0.1 and 10.77.0.2, fd77::1 and fd77::2, on a cable of their own. */
export function twoHosts(name: string): TwoHosts {
  const host = `${name}-host-${process.pid}`
  const peer = `${name}-peer-${process.pid}`
  for (const each of [host, peer]) {
    ip(`netns add ${each}`)
    ip(`-n ${each} link set lo up`)
  }
  const connect = (): void => {
    ip(`-n ${host} link add eth0 type veth peer name eth0 netns ${peer}`)
    for (const [index, each] of [host, peer].entries()) {
      ip(`-n ${each} addr add 10.77.0.${index + 1}/24 dev eth0`)
      ip(`-n ${each} addr add fd77::${index + 1}/64 dev eth0 nodad`)
      ip(`-n ${each} link set eth0 up`)
      ip(`-n ${each} route add default dev eth0`)
    }
  }
  connect()
  return {
    host,
    peer,
    connect,
    disconnect: () => ip(`-n ${host} link del eth0`),
    [Symbol.dispose]: () => {
      for (const each of [host, peer]) ip(`netns del ${each}`)
    },
  }
}
