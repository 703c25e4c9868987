import { findApp } from '@sockyard/catalog'

/** One process of the topology that `sockyard up` runs on this host. */
export interface Member {
  name: string
  app: string
  args: readonly string[]
  /** What it listens on or talks to, for the table. */
  address: string
  adminPort?: number | undefined
  /** What a person can type to see it work. */
  tryIt?: string
  /** Started once these are ready, so that a measurement starts with a peer that answers. */
  after?: readonly string[]
  /** Nothing waits for a client to be ready. */
  isClient?: boolean
}

/** `YARD_ADDRESS=127.0.0.2 sockyard up` is a second topology beside the first. */
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

/** The ports and the admin port of an app, from the catalog. */
function facts(app: string): { ports: number[]; adminPort: number | undefined } {
  const { endpoints = [], adminPort } = findApp(app) ?? {}
  return { ports: [...new Set(endpoints.map(({ port }) => port))], adminPort }
}

/** A server that is told its address only. */
function server(app: string, address: string, tryIt: string): Member {
  const { adminPort } = facts(app)
  return { name: app, app, args: ['--host', host], address, adminPort, tryIt }
}

/** A server's port and twenty is the admin port of the client that measures it. */
function ping(name: string, app: string, address: string): Member {
  const adminPort = (facts(app).adminPort ?? 0) + 20
  const args = ['ping', host, '--interval', '1s']
  return { name, app, args, address, adminPort, after: [app], isClient: true }
}

const [tcpEcho] = facts('tcp-echo').ports
const [udpEcho] = facts('udp-echo').ports
const [chat] = facts('chat').ports
const [console] = facts('console').ports
const daytime = facts('daytime').ports.join(', ')
const [sctpPort, sctpUdpPort] = facts('sctp-echo').ports
const sctp = `sctp ${host}:${sctpPort} in udp ${sctpUdpPort}`
const multicastAddress = `udp ${group}:4321`
const receiverAdminPort = facts('multicast-receiver').adminPort ?? 0

/** Where a browser finds the console. */
export const consoleUrl = `http://${host}:${console}/`

/** The topology of docker-compose.yml as processes of this host, multicast over loopback. */
export const topology: readonly Member[] = [
  server('tcp-echo', `tcp ${host}:${tcpEcho}`, `telnet ${host} ${tcpEcho}`),
  server('udp-echo', `udp ${host}:${udpEcho}`, `ncat -u ${host} ${udpEcho}`),
  server('chat', `tcp ${host}:${chat}`, `telnet ${host} ${chat}`),
  ...[0, 10].map((offset, index) => ({
    name: `receiver-${index + 1}`,
    app: 'multicast-receiver',
    args: multicast,
    address: multicastAddress,
    adminPort: receiverAdminPort + offset,
  })),
  {
    name: 'sender',
    app: 'multicast-sender',
    args: [...multicast, '--interval', '1s'],
    address: multicastAddress,
    adminPort: facts('multicast-sender').adminPort,
    after: ['receiver-1', 'receiver-2'],
  },
  {
    name: 'sntp-listener',
    app: 'sntp-listener',
    args: ntp,
    address: `udp ${ntpGroup}:${ntpPort}`,
    adminPort: facts('sntp-listener').adminPort,
  },
  {
    name: 'sntp-server',
    app: 'sntp-server',
    // The listener and a user's `query` are one source here, and would share a smaller limit.
    args: [...ntp, '--host', host, ...ntpClock, '--interval', '4s', '--rate-limit', '2'],
    address: `udp ${host}:${ntpPort}`,
    adminPort: facts('sntp-server').adminPort,
    tryIt: `sockyard sntp-listener query ${host}:${ntpPort}`,
    after: ['sntp-listener'],
  },
  server('daytime', `tcp and udp ${host}:${daytime}`, `sockyard daytime query ${host}`),
  server('sctp-echo', sctp, `sockyard sctp-echo send ${host}`),
  server('inetd', `tcp ${host}:3017 and more`, `telnet ${host} 3018`),
  {
    ...server('console', `tcp ${host}:${console}`, consoleUrl),
    args: ['--host', host, '--chat-server', `${host}:${chat}`],
  },
  ping('tcp-ping', 'tcp-echo', `tcp ${host}:${tcpEcho}`),
  ping('udp-ping', 'udp-echo', `udp ${host}:${udpEcho}`),
  ping('sctp-ping', 'sctp-echo', sctp),
]

/** The same members; a console among them shows exactly these. */
export function withConsole(members: readonly Member[]): Member[] {
  const services = members.flatMap(({ adminPort = [] }) => adminPort)
  const words = services.flatMap((port) => ['--services', `http://${host}:${port}`])
  return members.map((member) =>
    member.app === 'console' ? { ...member, args: member.args.concat(words) } : member,
  )
}

/** The table that stands first: every address of the topology. */
export function topologyTable(members: readonly Member[]): string {
  const rows = members.map(({ name, address, adminPort, tryIt = '' }) => [
    name,
    address,
    adminPort === undefined ? '' : `http://${host}:${adminPort}/metrics`,
    tryIt,
  ])
  return table([['NAME', 'ADDRESS', 'ADMIN', 'TRY'], ...rows])
}

/** Columns as wide as their longest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}
