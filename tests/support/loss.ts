import type { RunningContainer } from './container.ts'
import { docker } from './docker.ts'

/**
 * Loses a share of the UDP datagrams that come into the network namespace of a container, IPv4 and IPv6, by a
 * helper beside it: the container itself has no capability.
 */
export async function loseDatagrams(container: RunningContainer, share: number): Promise<void> {
  const rule = `-A INPUT -p udp -m statistic --mode random --probability ${share} -j DROP`
  await inNetworkOf(container, `iptables ${rule} && ip6tables ${rule}`)
}

/** Runs a line of shell, as root, in the network namespace of a container. */
async function inNetworkOf({ id }: RunningContainer, line: string): Promise<void> {
  const network = ['--network', `container:${id}`, '--cap-add', 'NET_ADMIN']
  await docker(['run', '--rm', ...network, 'sockyard/peers', 'sh', '-c', line])
}
