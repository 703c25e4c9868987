import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kill } from 'node:process'
import { text } from 'node:stream/consumers'

import { type LaunchOptions, type RunningApp, startApp } from '@sockyard/testkit/process'
import { onTestFinished } from 'vitest'

/** inetd as a process, with a configuration that can be written again. */
export class Inetd implements AsyncDisposable {
  readonly app: RunningApp
  readonly file: string

  constructor(app: RunningApp, file: string) {
    this.app = app
    this.file = file
  }

  /** Where the service with this label listens: the last time that it said so. */
  async port(label: string): Promise<number> {
    await this.app.waitForLog((line) => line['msg'] === 'listening' && line['service'] === label)
    const lines = this.app.lines.filter(
      (line) => line['msg'] === 'listening' && line['service'] === label,
    )
    return Number(lines.at(-1)?.['port'])
  }

  /** Writes the configuration, sends SIGHUP and waits until it was read. */
  async reload(lines: readonly string[]): Promise<void> {
    const before = this.#configured()
    write(this.file, lines)
    this.app.kill('SIGHUP')
    await this.app.waitForLog(() => this.#configured() > before)
  }

  async metric(line: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${await this.app.adminPort()}/metrics`)
    const all = (await response.text()).split('\n')
    return Number(
      all
        .find((each) => each.startsWith(`${line} `))
        ?.split(' ')
        .at(-1) ?? 0,
    )
  }

  /** What its descriptors lead to, sockets without their numbers. */
  descriptors(): string[] {
    return descriptorsOf(this.app.pid)
  }

  /** Its child processes: `Z` is a zombie. */
  children(): { pid: number; state: string }[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => statOf(Number(name)))
      .filter(({ parent }) => parent === this.app.pid)
  }

  /** Its children end with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of this.children()) end(pid)
    await this.app[Symbol.asyncDispose]()
  }

  #configured(): number {
    return this.app.lines.filter(({ msg }) => msg === 'configured').length
  }
}

/** Starts inetd with these lines as its configuration, and waits until it serves them. */
export async function startInetd(
  lines: readonly string[],
  args: readonly string[] = [],
  options: LaunchOptions = {},
): Promise<Inetd> {
  const file = configuration(lines)
  const app = await startApp('inetd', ['--config', file, ...args], options)
  await app.waitForLog(({ msg }) => msg === 'configured')
  return new Inetd(app, file)
}

/** A folder that is gone when the test has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'inetd-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A file with these lines. */
export function configuration(lines: readonly string[]): string {
  const file = join(temporaryFolder(), 'inetd.conf')
  write(file, lines)
  return file
}

function write(file: string, lines: readonly string[]): void {
  writeFileSync(file, `${lines.join('\n')}\n`)
}

export function descriptorsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).flatMap((name) => {
    try {
      return readlinkSync(`${folder}/${name}`)
    } catch {
      return []
    }
  })
}

/** With all that it started: each program leads a session of its own. It may have ended by itself meanwhile. */
function end(pid: number): void {
  try {
    kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function statOf(pid: number): { pid: number; state: string; parent: number }[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [{ pid, state, parent: Number(parent) }]
  } catch {
    return []
  }
}

/** A connection with its first bytes answered. */
export async function visit(host: string, port: number, localAddress?: string): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true, ...(localAddress && { localAddress }) })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Sends it and FIN, and gives all that came back. */
export async function exchange(
  host: string,
  port: number,
  sent: string,
  localAddress?: string,
): Promise<string> {
  const socket = await visit(host, port, localAddress)
  socket.end(sent)
  return text(socket)
}

/** What comes next. */
export async function next(socket: Socket): Promise<string> {
  return String((await once(socket, 'data'))[0])
}

/** A datagram socket on this address. */
export async function datagrams(address: string): Promise<DatagramSocket> {
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}
