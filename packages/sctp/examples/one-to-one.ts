/** One-to-one (RFC 6458 section 4): a listener accepts connections, and each is an object of its own. */
import { connect, Listener } from '@sockyard/sctp'

await using listener = await Listener.open({ host: '127.0.0.1', port: 9877, udpPort: 0 })
const serving = (async () => {
  for await (const connection of listener)
    for await (const { stream, data } of connection) await connection.send({ stream, data })
})()

const { udpPort } = listener.address()
const signal = AbortSignal.timeout(5000)
const connection = await connect({ host: '127.0.0.1', port: 9877, udpPort, signal })
await connection.send({ stream: 3, data: Buffer.from('hello') })
for await (const { stream, sequence, data } of connection) {
  process.stdout.write(`stream ${stream} sequence ${sequence} ${Buffer.from(data).toString()}\n`)
  break
}
await connection.close()
await listener.close()
await serving
