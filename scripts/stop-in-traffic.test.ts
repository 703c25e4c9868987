// Stops every service of the catalog in the middle of traffic, over and over: it ends with exit code 0 and without a
// word on standard error. Each is on a loopback address of its own, so that it meets nothing else that runs here.
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { apps } from '@sockyard/catalog'
import { startApp } from '@sockyard/testkit/process'
import { expect, test } from 'vitest'

const TIMES = 20
/** Tells a service that hangs from one on a busy machine. */
const PATIENCE = 900_000
/** Of traffic before the signal, and after it. */
const LONGEST_TRAFFIC_MILLIS = 50
const READY = /"transport":"(tcp|udp|sctp)".*"msg":"listening"|"event":"start"/m
/** Instead of the port that only root may bind. */
const NTP_PORT = 10_123

type App = (typeof apps)[number]

interface Service {
  name: string
  args: readonly string[]
  app: App
}

const services: Service[] = apps.flatMap((app) => {
  if (app.adminPort === undefined) return []
  const isNtp = app.endpoints.some(({ protocol }) => protocol === 'ntp')
  const args = isNtp ? ['--port', String(NTP_PORT)] : []
  const service = { name: app.name, args, app }
  const relay = { name: 'chat --relay', args: ['--relay'], app }
  return app.name === 'chat' ? [service, relay] : [service]
})

test.concurrent.each(services)(
  '$name ends with exit code 0 when it is stopped in traffic, twenty times of twenty',
  async ({ app, args }) => {
    const address = `127.45.${randomInt(256)}.${randomInt(1, 255)}`
    const env = { SOCKYARD_HOST: address, SOCKYARD_INTERFACE: '127.0.0.1' }
    for (let time = 1; time <= TIMES; time += 1) {
      await using running = await startApp(app.name, args, { env })
      await running.waitForText(READY)
      using traffic = new Traffic(address, app)
      await delay(randomInt(LONGEST_TRAFFIC_MILLIS))
      running.kill('SIGTERM')
      await Promise.race([running.exited, delay(LONGEST_TRAFFIC_MILLIS)])
      traffic.end()
      const exit = await running.exited
      expect({ time, ...exit, stderr: running.stderr }).toEqual({
        time,
        code: 0,
        signal: null,
        stderr: '',
      })
    }
  },
  PATIENCE,
)

/** A request of NTP, an answer of NTP to a group; for the other services bytes like any. */
const DATAGRAM = Buffer.alloc(48).fill(0x23, 0, 1)
const BROADCAST = Buffer.alloc(48).fill(0x25, 0, 1)
/** Lines, for those that have lines; for the shell of inetd's sample they are comments. */
const LINES = '# traffic\n'.repeat(800)
const CONNECTIONS = 4

/** Clients that send as much as they can to all endpoints of an app. */
class Traffic implements Disposable {
  readonly #address: string
  readonly #udp = createSocket('udp4').on('error', () => {})
  readonly #clients = new Set<Socket>()
  readonly #timer: NodeJS.Timeout
  #isOver = false

  constructor(address: string, { endpoints, groups }: App) {
    this.#address = address
    for (const { transport, port } of endpoints)
      if (transport === 'tcp')
        for (let index = 0; index < CONNECTIONS; index += 1) this.#talk(port, index > 0)
    this.#udp.bind(0, '127.0.0.1', () => this.#udp.setMulticastInterface('127.0.0.1'))
    this.#timer = setInterval(() => {
      for (const { transport, port, protocol } of endpoints) {
        if (transport !== 'udp') continue
        const to = protocol === 'ntp' ? NTP_PORT : port
        this.#udp.send(DATAGRAM, to, address)
        for (const group of groups) if (!group.includes(':')) this.#udp.send(BROADCAST, to, group)
      }
    }, 1)
  }

  /** No more is sent, and all connections are ended. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearInterval(this.#timer)
    for (const client of this.#clients) client.resume().end()
    this.#udp.close()
  }

  [Symbol.dispose](): void {
    this.end()
    for (const client of this.#clients) client.destroy()
  }

  /** Sends at the service's pace, and calls again when it is ended. One that is not reading lets the answers pile up. */
  #talk(port: number, isReading: boolean): void {
    const client = connect({ host: this.#address, port })
    this.#clients.add(client)
    const send = (): void => {
      while (!this.#isOver && client.write(LINES));
    }
    client.on('connect', send).on('drain', send)
    if (isReading) client.resume()
    client
      .on('error', () => {})
      .on('close', () => {
        this.#clients.delete(client)
        if (!this.#isOver) setTimeout(() => this.#isOver || this.#talk(port, isReading), 1)
      })
  }
}
