/**
 * The Sockyard side of bench/sctp.ts, a process of its own:
 *   sctp-peer.ts sink UDP-PORT            takes messages (SCTP port 5001)
 *   sctp-peer.ts echo UDP-PORT            sends messages back (SCTP port 7)
 *   sctp-peer.ts source UDP-PORT TO COUNT sends COUNT messages to a sink, then says how long it took
 *   sctp-peer.ts ping UDP-PORT TO COUNT   exchanges COUNT messages with an echo server, 64 at a time
 */
import { connect, Endpoint } from '@sockyard/sctp'

const HOST = '127.0.0.1'
const MESSAGE_BYTES = 1000
const WINDOW = 64

async function sink(udpPort: number): Promise<void> {
  await Endpoint.open({ host: HOST, udpPort, port: 5001, listen: true })
}

async function echo(udpPort: number): Promise<void> {
  const endpoint = await Endpoint.open({ host: HOST, udpPort, port: 7, listen: true })
  endpoint.on('message', ({ association, stream, data }) => {
    if (!endpoint.send({ association, stream, data })) endpoint.pause(association)
  })
  endpoint.on('notification', ({ type, association }) => {
    if (type === 'drain') endpoint.resume(association)
  })
}

async function source(udpPort: number, to: number, count: number): Promise<void> {
  const endpoint = await Endpoint.open({ host: HOST, udpPort, port: 5002 })
  const association = await endpoint.associate({ host: HOST, udpPort: to, port: 5001 })
  const data = new Uint8Array(MESSAGE_BYTES)
  const began = performance.now()
  let sent = 0
  await new Promise<void>((resolve) => {
    const pump = () => {
      while (sent < count) {
        sent += 1
        if (!endpoint.send({ association, data })) return
      }
      resolve()
    }
    endpoint.on('notification', ({ type }) => {
      if (type === 'drain') pump()
    })
    pump()
  })
  await endpoint.shutdown(association)
  report(began)
  await endpoint.close()
}

async function ping(udpPort: number, to: number, count: number): Promise<void> {
  const peer = { host: HOST, udpPort: to, port: 7 }
  const connection = await connect({ ...peer, local: { udpPort } })
  const data = new Uint8Array(MESSAGE_BYTES)
  const began = performance.now()
  for (let index = 0; index < Math.min(WINDOW, count); index += 1) await connection.send({ data })
  let received = 0
  for await (const message of connection) {
    received += 1
    if (received + WINDOW <= count) await connection.send({ data: message.data })
    if (received === count) break
  }
  report(began)
  await connection.close(AbortSignal.timeout(1000)).catch(() => undefined)
}

function report(began: number): void {
  process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - began) / 1000 })}\n`)
}

const [mode, ...numbers] = process.argv.slice(2)
const [udpPort = 0, to = 0, count = 0] = numbers.map(Number)
if (mode === 'sink') await sink(udpPort)
else if (mode === 'echo') await echo(udpPort)
else if (mode === 'source') await source(udpPort, to, count)
else await ping(udpPort, to, count)
