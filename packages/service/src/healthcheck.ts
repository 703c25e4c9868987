import { connect } from 'node:net'

/*
 * `node packages/service/src/healthcheck.ts` asks the service in this container whether it is
 * ready: exit code 0 or 1. Plain net, because a container runs this every few seconds.
 */

const TIMEOUT_MILLIS = 2000
const port = Number(process.env['ADMIN_PORT'])
const bound = process.env['ADMIN_HOST'] ?? '::'
const host = bound === '::' || bound === '0.0.0.0' ? 'localhost' : bound

process.exitCode = 1
if (Number.isInteger(port) && port > 0 && port < 65_536) ask()

function ask(): void {
  const socket = connect({ host, port })
  socket.on('error', () => undefined)
  socket.setTimeout(TIMEOUT_MILLIS, () => socket.destroy())
  socket.once('data', (answer) => {
    if (answer.toString('latin1').startsWith('HTTP/1.1 200 ')) process.exitCode = 0
    socket.destroy()
  })
  socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
}
