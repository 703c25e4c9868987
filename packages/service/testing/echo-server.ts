import { parseArgs } from 'node:util'

import { pino } from 'pino'

import { Registry } from '../src/prometheus.ts'
import { createTcpServer } from '../src/tcp-server.ts'
import { createUdpEndpoint } from '../src/udp-endpoint.ts'

/** Both echo services as a process; says "listening" twice, and its metrics at SIGUSR2. */
const { values } = parseArgs({
  options: { 'vanished-millis': { type: 'string', default: '135000' } },
})
const log = pino(pino.destination({ sync: true }))
const metrics = new Registry()
const tcp = createTcpServer({
  port: 0,
  log,
  metrics,
  maxConnectionsPerAddress: 10_000,
  vanishedMillis: Number(values['vanished-millis']),
  onConnection: ({ socket }) => socket.pipe(socket),
  onRefused: (socket, reason) => socket.write(`${reason}\n`),
})
const udp = createUdpEndpoint({
  port: 0,
  log,
  metrics,
  onDatagram: (bytes, { port, address }) => udp.send(bytes, port, address),
})
await tcp.start()
await udp.start()
process.on('SIGUSR2', () => {
  void metrics.metrics().then((text) => log.info({ metrics: text }, 'metrics'))
})
