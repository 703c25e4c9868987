import { parseArgs } from 'node:util'

import { pino } from 'pino'

import { echo } from '../src/tcp/echo.ts'
import { TcpServer } from '../src/tcp/tcp-server.ts'
import { UdpServer } from '../src/udp/udp-server.ts'

/** Both echo services as a process; says "listening" twice, and what it has counted at SIGUSR2. */
const { values } = parseArgs({
  options: {
    'dead-peer-millis': { type: 'string', default: '135000' },
    engine: { type: 'string', default: 'node' },
  },
})
const log = pino(pino.destination({ sync: true }))
const tcp = new TcpServer({
  port: 0,
  engine: values.engine === 'native' ? 'native' : 'node',
  log,
  maxConnectionsPerAddress: 10_000,
  deadPeerMillis: Number(values['dead-peer-millis']),
  onConnection: () => echo,
  rejectionMessage: (reason) => Buffer.from(`${reason}\n`),
})
const udp = new UdpServer({
  port: 0,
  log,
  onDatagrams(datagrams, socket) {
    for (let index = 0; index < datagrams.count; index += 1) socket.echo(datagrams, index)
  },
})
await tcp.start()
await udp.start()
process.on('SIGUSR2', () => void tellCounts())

async function tellCounts(): Promise<void> {
  const { counters } = tcp
  const byReason = Object.fromEntries([...counters.rejections(), ...counters.expiries()])
  const kernelDrops = await udp.counters[0].kernelDrops()
  log.info({ counts: { ...byReason, open: counters.get('open'), kernelDrops } }, 'counts')
}
