/** One-to-many (RFC 6458 section 3): one endpoint, any number of associations. */
import { Endpoint } from '@sockyard/sctp'

await using server = await Endpoint.open({
  host: '127.0.0.1',
  port: 9877,
  udpPort: 0,
  listen: true,
})
server.on('message', ({ association, stream, data }) => {
  if (!server.send({ association, stream, data })) server.pause(association)
})
server.on('notification', (notification) => {
  if (notification.type === 'drain') server.resume(notification.association)
})

await using client = await Endpoint.open({ host: '127.0.0.1', port: 5000, udpPort: 0 })
const { udpPort } = server.address()
const association = await client.associate({ host: '127.0.0.1', port: 9877, udpPort })
const answer = new Promise<Uint8Array>((resolve) => {
  client.once('message', ({ data }) => resolve(data))
})
client.send({ association, stream: 1, data: Buffer.from('hello') })
process.stdout.write(`${Buffer.from(await answer).toString()}\n`)
await client.shutdown(association)
