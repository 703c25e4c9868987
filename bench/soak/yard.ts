import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { randomGroup } from '@sockyard/testkit/network'

import { ServiceProcess } from './service-process.ts'

/** Ports of 127.0.0.1 that traffic goes to, and a group on the loopback interface. */
export interface Targets {
  tcpEcho: number
  udpEcho: number
  chat: number
  daytimeTcp: number
  daytimeUdp: number
  timeUdp: number
  sctpUdp: number
  inetdEcho: number
  inetdCat: number
  inetdUdpEcho: number
  ntp: number
  multicast: { group: string; port: number }
}

/** The services of the yard as processes of their own, on ports and groups that no other program uses. */
export interface Yard extends AsyncDisposable {
  services: readonly ServiceProcess[]
  targets: Targets
}

const LOOPBACK = ['--host', '127.0.0.1']
const INTERFACE = ['--interface', '127.0.0.1']
/** A soak's clients all come from few addresses. */
const MANY = ['--max-connections-per-address', 500]

/**
 * Without a stratum clients reject the time. The listener and the querying client are one source: together they ask
 * more often than the server answers one.
 */
const VOUCHED = ['--stratum', 3, '--interval', '1s', '--rate-limit', 5]

/** What has to be known before the services start: some cannot be told to take any free port. */
interface Places {
  folder: string
  ntp: number
  ntpGroup: string
  inetdEcho: number
  inetdCat: number
  multicast: Targets['multicast']
}

/** @throws {Error} when a service does not start; those that did are ended */
export async function startYard(): Promise<Yard> {
  const places = await choosePlaces()
  const processes = await startServices(places)
  const services = Object.values(processes)
  const dispose = async (): Promise<void> => {
    for (const service of services) if (service.exit === undefined) service.kill('SIGKILL')
    await Promise.all(services.map(({ exited }) => exited))
    await rm(places.folder, { recursive: true })
  }
  try {
    await Promise.all(services.map((service) => service.port('http')))
    const targets = await targetsOf(processes, places)
    return { services, targets, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function choosePlaces(): Promise<Places> {
  const [ntp = 0, port = 0, inetdEcho = 0, inetdCat = 0] = await freePorts(4)
  const folder = await mkdtemp(join(tmpdir(), 'sockyard-soak-'))
  const multicast = { group: randomGroup(), port }
  return { folder, ntp, ntpGroup: randomGroup(), inetdEcho, inetdCat, multicast }
}

async function startServices({ folder, ntp, ntpGroup, multicast, ...inetd }: Places) {
  const config = join(folder, 'inetd.conf')
  await writeFile(config, inetdConfiguration(inetd))
  const time = ['--group', ntpGroup, ...INTERFACE, '--port', ntp]
  const flow = ['--group', multicast.group, '--port', multicast.port, ...INTERFACE, '--quiet']
  const exchange = ['--no-broadcast', '--exchange-interval', '60s']
  return {
    tcpEcho: new ServiceProcess('tcp-echo', [...LOOPBACK, '--port', 0, ...MANY]),
    udpEcho: new ServiceProcess('udp-echo', [...LOOPBACK, '--port', 0]),
    chat: new ServiceProcess('chat', [...LOOPBACK, '--port', 0, ...MANY]),
    daytime: new ServiceProcess('daytime', [...LOOPBACK, '--port', 0, '--time-port', 0, ...MANY]),
    inetd: new ServiceProcess('inetd', [...LOOPBACK, '--config', config, ...MANY]),
    sctp: new ServiceProcess('sctp-echo', [...LOOPBACK, '--udp-port', 0]),
    ntpServer: new ServiceProcess('sntp-server', [...LOOPBACK, ...time, ...VOUCHED]),
    ntpListener: new ServiceProcess('sntp-listener', [...time, ...exchange, '--quiet']),
    receiver: new ServiceProcess('multicast-receiver', flow),
    sender: new ServiceProcess('multicast-sender', [...flow, '--rate', 20]),
  }
}

function inetdConfiguration({ inetdEcho, inetdCat }: Pick<Places, 'inetdEcho' | 'inetdCat'>) {
  return [
    `${inetdEcho} stream tcp nowait - internal echo`,
    `${inetdEcho} dgram udp wait - internal echo`,
    `${inetdCat} stream tcp nowait/20/1000 - /bin/cat cat`,
    '',
  ].join('\n')
}

type Processes = Awaited<ReturnType<typeof startServices>>

async function targetsOf(processes: Processes, places: Places): Promise<Targets> {
  const { tcpEcho, udpEcho, chat, daytime, sctp } = processes
  const { inetdEcho, inetdCat, ntp, multicast } = places
  return {
    tcpEcho: await tcpEcho.port('tcp'),
    udpEcho: await udpEcho.port('udp'),
    chat: await chat.port('tcp'),
    daytimeTcp: await daytime.port('tcp', { service: 'daytime' }),
    daytimeUdp: await daytime.port('udp', { service: 'daytime' }),
    timeUdp: await daytime.port('udp', { service: 'time' }),
    sctpUdp: await sctp.port('sctp'),
    inetdEcho,
    inetdCat,
    inetdUdpEcho: inetdEcho,
    ntp,
    multicast,
  }
}

/** Below the ports that the kernel gives to clients. */
async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  while (found.size < count) {
    const port = randomInt(20_000, 32_000)
    const socket = createSocket('udp4').bind(port, '127.0.0.1')
    const isFree = await once(socket, 'listening').then(
      () => true,
      () => false,
    )
    if (isFree) found.add(port)
    socket.close()
  }
  return [...found]
}
