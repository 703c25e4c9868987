/** What an app listens on, by default. */
interface Endpoint {
  transport: 'tcp' | 'udp' | 'sctp'
  /** For sctp its own port, not that of the UDP that carries it. */
  port: number
  /** The protocol that is spoken there. */
  protocol: string
}

/** One app of the yard. */
export interface App<Name extends string = string> {
  /** The folder in apps/, the command behind `sockyard`, and the image. */
  name: Name
  /** What it is or does, for --help, the manual page, `sockyard list` and the README. */
  summary: string
  /** Its clients, in the README. */
  client: string
  endpoints: readonly Endpoint[]
  /** Multicast groups that it joins or sends to, by default. */
  groups: readonly string[]
  /** The port of /livez, /readyz, /metrics and /events; a tool has none. */
  adminPort?: number
}

const tcp = (port: number, protocol: string): Endpoint => ({ transport: 'tcp', port, protocol })
const udp = (port: number, protocol: string): Endpoint => ({ transport: 'udp', port, protocol })
const tcpAndUdp = (port: number, protocol: string): Endpoint[] => [
  tcp(port, protocol),
  udp(port, protocol),
]

const catalog = [
  {
    name: 'tcp-echo',
    summary: 'echo over TCP (RFC 862), and the client that measures it',
    client: '`ping`: round trips, throughput, every byte',
    endpoints: [tcp(3111, 'echo')],
    groups: [],
    adminPort: 9101,
  },
  {
    name: 'udp-echo',
    summary: 'echo over UDP (RFC 862), and the client that measures it',
    client: '`ping`: loss, duplicates, order, round trips',
    endpoints: [udp(3333, 'echo')],
    groups: [],
    adminPort: 9102,
  },
  {
    name: 'chat',
    summary: 'multi-user chat for telnet, nc and ncat, and a client for it',
    client: '`join`, telnet (RFC 854), nc, ncat',
    endpoints: [tcp(2020, 'chat')],
    groups: [],
    adminPort: 9103,
  },
  {
    name: 'multicast-sender',
    summary: 'sends datagrams to multicast groups, IPv4 and IPv6 (RFC 1112)',
    client: 'multicast-receiver',
    endpoints: [],
    groups: ['239.255.43.21'],
    adminPort: 9104,
  },
  {
    name: 'multicast-receiver',
    summary: 'receives multicast groups, and measures each sender (RFC 4607)',
    client: 'is one: loss, order, one-way delay, jitter',
    endpoints: [udp(4321, 'multicast')],
    groups: ['239.255.43.21'],
    adminPort: 9105,
  },
  {
    name: 'sntp-listener',
    summary: 'measures the clocks that send NTP broadcasts (RFC 5905)',
    client: 'is one: offset ± uncertainty; `query`',
    endpoints: [udp(123, 'ntp')],
    groups: ['224.0.1.1', 'ff02::101', 'ff05::101'],
    adminPort: 9106,
  },
  {
    name: 'sntp-server',
    summary: 'serves the system clock over NTP, and broadcasts it (RFC 5905)',
    client: 'sntp-listener, chrony, ntpdig',
    endpoints: [udp(123, 'ntp')],
    groups: [],
    adminPort: 9107,
  },
  {
    name: 'daytime',
    summary: 'daytime (RFC 867) and time (RFC 868), over TCP and UDP',
    client: "`query`: how far the server's clock is off",
    endpoints: [...tcpAndUdp(3013, 'daytime'), ...tcpAndUdp(3037, 'time')],
    groups: [],
    adminPort: 9108,
  },
  {
    name: 'inetd',
    summary: 'listens for many services, and starts programs (inetd(8))',
    client: 'any: it starts any program for them',
    // Those of its sample configuration.
    endpoints: [
      ...tcpAndUdp(3007, 'echo'),
      ...tcpAndUdp(3009, 'discard'),
      ...tcpAndUdp(3014, 'daytime'),
      ...tcpAndUdp(3038, 'time'),
      tcp(3017, 'cat'),
      tcp(3018, 'sh'),
    ],
    groups: [],
    adminPort: 9109,
  },
  {
    name: 'sctp-echo',
    summary: 'echo over SCTP (RFC 9260) in UDP (RFC 6951), on the next stream',
    client: '`send`: streams; `ping`: round trips',
    endpoints: [{ transport: 'sctp', port: 9877, protocol: 'echo' }, udp(9899, 'sctp')],
    groups: [],
    adminPort: 9110,
  },
  {
    name: 'console',
    summary: 'shows the services, their traffic and their measures in a browser',
    client: 'any browser; curl: all of it is JSON too',
    endpoints: [tcp(3080, 'http')],
    groups: [],
    adminPort: 9111,
  },
  {
    name: 'survey',
    summary: 'says what a network does to packets, and why nothing arrives',
    client: 'is one: why nothing arrives, with the remedy',
    endpoints: [],
    groups: [],
  },
  {
    name: 'lookup',
    summary: 'names, addresses and socket options, as libc and the kernel have them',
    client: 'is one: names, services, addresses, options',
    endpoints: [],
    groups: [],
  },
  {
    name: 'lab',
    summary: 'the calls of sockets(7) between two real sockets, each step explained',
    client: 'is one: each call, its result, and why',
    endpoints: [],
    groups: [],
  },
] as const satisfies readonly App[]

/** The name of an app: its folder in apps/. */
export type AppName = (typeof catalog)[number]['name']

/** Every app, in the order of the admin ports; tools last. */
export const apps: readonly App<AppName>[] = catalog

/** Name and summary of an app, as its own commands show them. */
export function appDescription(name: AppName): Pick<App<AppName>, 'name' | 'summary'> {
  const { summary = '' } = findApp(name) ?? {}
  return { name, summary }
}

/** @returns the app of that name, if there is one */
export function findApp(name: string): App | undefined {
  return apps.find((app) => app.name === name)
}

/**
 * Every port at which a service of the yard listens. Two services that answer each other never stop (CERT
 * CA-1996-01), so that a datagram from one of these ports gets no answer.
 */
export function servicePorts(): number[] {
  return [...new Set(apps.flatMap(({ endpoints }) => endpoints.map(({ port }) => port)))]
}
