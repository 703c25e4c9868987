import { spawnSync } from 'node:child_process'

/** Runs `ip`, and throws with its standard error when it fails. */
function ip(line: string, input = ''): void {
  const { status, stderr } = spawnSync('ip', line.split(' '), { input })
  if (status !== 0) throw new Error(`ip ${line}: ${String(stderr)}`)
}

/** Whether this process may make network namespaces: it is root and iproute2 is here. */
export function canMakeNamespaces(): boolean {
  if (spawnSync('ip', ['netns', 'add', `sockyard-try-${process.pid}`]).status !== 0) return false
  return spawnSync('ip', ['netns', 'del', `sockyard-try-${process.pid}`]).status === 0
}

/**
 * Limits what a namespace sends by eth0 (tc-tbf(8)); what it sends faster is queued for 50 ms, and beyond that lost.
 *
 * @param rate as tc(8) writes it, such as 4mbit
 * @throws {Error} when this kernel or host cannot do that
 */
export function limitRate(namespace: string, rate: string): void {
  ip(`netns exec ${namespace} tc qdisc add dev eth0 root tbf rate ${rate} burst 16kb latency 50ms`)
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
    // A link-local address is usable at once: no duplicate address detection (RFC 4862, section 5.4).
    for (const which of ['all', 'default'])
      ip(`netns exec ${each} tee /proc/sys/net/ipv6/conf/${which}/accept_dad`, '0')
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

/**
 * A third host, 10.78.0.2, behind `router`, by a link of this MTU: what is longer and must not be fragmented comes back
 * as an ICMP message (RFC 1191).
 *
 * @param router a namespace, which forwards from now on
 */
export function farNetwork(router: string, mtu: number): Disposable & { namespace: string } {
  const namespace = `${router}-far`
  ip(`netns add ${namespace}`)
  ip(`-n ${namespace} link set lo up`)
  ip(`-n ${router} link add eth1 type veth peer name eth0 netns ${namespace}`)
  for (const [where, device, address] of [
    [router, 'eth1', '10.78.0.1'],
    [namespace, 'eth0', '10.78.0.2'],
  ]) {
    ip(`-n ${where} addr add ${address}/24 dev ${device}`)
    ip(`-n ${where} link set ${device} mtu ${mtu} up`)
  }
  ip(`-n ${namespace} route add default via 10.78.0.1`)
  ip(`netns exec ${router} sysctl -qw net.ipv4.ip_forward=1`)
  return { namespace, [Symbol.dispose]: () => ip(`netns del ${namespace}`) }
}
