import { connect } from 'node:net'

/** Sends a word ten times a second and logs what comes back: HOST PORT. */
const [host = '', port = ''] = process.argv.slice(2)
const socket = connect({ host, port: Number(port) })
socket.on('data', (bytes) =>
  process.stdout.write(`${JSON.stringify({ msg: 'echo', text: String(bytes) })}\n`),
)
setInterval(() => socket.write('tick'), 100)
