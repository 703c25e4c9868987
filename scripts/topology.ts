/** One process of the topology that `npm start` runs on this host. */
export interface Member {
  name: string
  app: string
  args: readonly string[]
  /** What it listens on or talks to, for the table. */
  address: string
  adminPort?: number
  /** What a person can type to see it work. */
  tryIt?: string
  /** Started once these are ready, so that a measurement starts with a peer that answers. */
  after?: readonly string[]
}

/** `YARD_ADDRESS=127.0.0.2 npm start` is a second topology beside the first. */
export const host = process.env['YARD_ADDRESS'] ?? '127.0.0.1'
/** IPv4 multicast works over loopback, joined and sent by this address of it. */
const loopback = '127.0.0.1'
const group = '239.255.43.21'
const ntpGroup = '224.0.1.1'
/** 123 needs privileges and is often taken by the host's own time service. */
const ntpPort = 10123

const multicast = ['--interface', loopback, '--group', group]
const ntpClock = ['--stratum', '10', '--drift', '0']
const ntp = ['--port', String(ntpPort), '--interface', loopback, '--group', ntpGroup]

/** The topology of docker-compose.yml as processes of this host, multicast over loopback. */
export const topology: readonly Member[] = [
  {
    name: 'tcp-echo',
    app: 'tcp-echo',
    args: ['--host', host],
    address: `tcp ${host}:3111`,
    adminPort: 9101,
    tryIt: `telnet ${host} 3111`,
  },
  {
    name: 'udp-echo',
    app: 'udp-echo',
    args: ['--host', host],
    address: `udp ${host}:3333`,
    adminPort: 9102,
    tryIt: `ncat -u ${host} 3333`,
  },
  {
    name: 'chat',
    app: 'chat',
    args: ['--host', host],
    address: `tcp ${host}:2020`,
    adminPort: 9103,
    tryIt: `telnet ${host} 2020`,
  },
  {
    name: 'receiver-1',
    app: 'multicast-receiver',
    args: multicast,
    address: `udp ${group}:4321`,
    adminPort: 9105,
  },
  {
    name: 'receiver-2',
    app: 'multicast-receiver',
    args: multicast,
    address: `udp ${group}:4321`,
    adminPort: 9115,
  },
  {
    name: 'sender',
    app: 'multicast-sender',
    args: [...multicast, '--interval', '1s'],
    address: `udp ${group}:4321`,
    adminPort: 9104,
    after: ['receiver-1', 'receiver-2'],
  },
  {
    name: 'sntp-listener',
    app: 'sntp-listener',
    args: ntp,
    address: `udp ${ntpGroup}:${ntpPort}`,
    adminPort: 9106,
  },
  {
    name: 'sntp-server',
    app: 'sntp-server',
    // The listener and whoever tries `query` are one source here, and would share a smaller limit.
    args: [...ntp, '--host', host, ...ntpClock, '--interval', '4s', '--rate-limit', '2'],
    address: `udp ${host}:${ntpPort}`,
    adminPort: 9107,
    after: ['sntp-listener'],
  },
  {
    name: 'daytime',
    app: 'daytime',
    args: ['--host', host],
    address: `tcp and udp ${host}:3013, 3037`,
    adminPort: 9108,
    tryIt: `npx pnpm@12 --filter daytime start query ${host}`,
  },
  {
    name: 'sctp-echo',
    app: 'sctp-echo',
    args: ['--host', host],
    address: `sctp ${host}:9877 in udp 9899`,
    adminPort: 9110,
    tryIt: `npx pnpm@12 --filter sctp-echo start send ${host}`,
  },
  {
    name: 'inetd',
    app: 'inetd',
    args: ['--host', host],
    address: `tcp ${host}:3017 and more`,
    adminPort: 9109,
    tryIt: `telnet ${host} 3018`,
  },
  {
    name: 'tcp-ping',
    app: 'tcp-echo',
    args: ['ping', host, '--interval', '1s'],
    address: `tcp ${host}:3111`,
    after: ['tcp-echo'],
  },
  {
    name: 'udp-ping',
    app: 'udp-echo',
    args: ['ping', host, '--interval', '1s'],
    address: `udp ${host}:3333`,
    after: ['udp-echo'],
  },
  {
    name: 'sctp-ping',
    app: 'sctp-echo',
    args: ['ping', host, '--interval', '1s'],
    address: `sctp ${host}:9877 in udp 9899`,
    after: ['sctp-echo'],
  },
]

/** The table that stands first: every address of the topology. */
export function topologyTable(members: readonly Member[]): string {
  const rows = [
    ['NAME', 'ADDRESS', 'ADMIN', 'TRY'],
    ...members.map(({ name, address, adminPort, tryIt }) => [
      name,
      address,
      adminPort === undefined ? '' : `http://${host}:${adminPort}/metrics`,
      tryIt ?? '',
    ]),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
