import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { pino } from 'pino'

export { received, type Sent } from './received.ts'

/** What every server under test is given: a log that says nothing. */
export function quiet(): { log: pino.Logger } {
  return { log: pino({ level: 'silent' }) }
}

export interface LoggingProcess extends AsyncDisposable {
  /** The next entry of its log with this message; entries before it are gone. */
  next(message: string): Promise<Record<string, unknown>>
  running(): boolean
  signal(name: NodeJS.Signals): void
}

/** A program of this folder as a process of its own, run by `command`: a shell with a limit, a namespace. */
export function startProcess(
  program: URL,
  command: (node: string) => string,
  ...args: string[]
): LoggingProcess {
  const path = fileURLToPath(program)
  const line = command(`'${process.execPath}' '${path}' ${args.join(' ')}`)
  const child = spawn('sh', ['-c', `exec ${line}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const entries = on(createInterface({ input: child.stdout }), 'line')
  const running = (): boolean => child.exitCode === null && child.signalCode === null
  return {
    next: async (message) => {
      for (;;) {
        const { value } = (await entries.next()) as IteratorResult<[string]>
        const entry = JSON.parse(value[0]) as Record<string, unknown>
        if (entry['msg'] === message) return entry
      }
    },
    running,
    signal: (name) => child.kill(name),
    [Symbol.asyncDispose]: async () => {
      if (!running()) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

export interface EchoProcess extends LoggingProcess {
  port: { tcp: number; udp: number }
  /** What it has counted so far. */
  counts(): Promise<Record<string, number>>
}

/** echo-server.ts as a process. */
export async function startEchoProcess(
  command: (node: string) => string,
  ...args: string[]
): Promise<EchoProcess> {
  const server = startProcess(new URL('echo-server.ts', import.meta.url), command, ...args)
  const tcp = Number((await server.next('listening'))['port'])
  const udp = Number((await server.next('listening'))['port'])
  return {
    ...server,
    port: { tcp, udp },
    counts: async () => {
      server.signal('SIGUSR2')
      return (await server.next('counts'))['counts'] as Record<string, number>
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
