import { isatty } from 'node:tty'

import { now } from './clock.ts'
import type { App, Command, CommandContext } from './command.ts'
import { createEventHub } from './event-hub.ts'
import type { Lifetime } from './lifetime.ts'
import type { LogSettings } from './log-settings.ts'
import { createLogSink, type LogSink } from './log-sink.ts'
import { createLog } from './log.ts'
import type { PassedSockets } from './passed-sockets.ts'

/** A client's log: only what its report does not say, on standard error. */
const CLIENT_LOG: LogSettings = { level: 'warn', format: 'text' }

/** What a context is made from. */
export interface Parts {
  host: NodeJS.Process
  app: App
  command: Command
  options: Record<string, unknown>
  operands: readonly string[]
  lifetime: Lifetime
  passed: PassedSockets
}

/** Gives a command what it needs of its process, with a log of its own. */
export async function createContext(
  parts: Parts,
): Promise<CommandContext<Record<string, unknown>>> {
  const { host, app, command, options, operands, lifetime, passed } = parts
  const isTerminal = isatty(1)
  const serverLog = command.logSettings?.(options, isTerminal)
  const events = createEventHub()
  const onDropped = (lines: number): void =>
    log.warn({ lines }, 'log lines dropped: their reader is too slow')
  const sink = await openSink(parts, serverLog, onDropped)
  const log = createLog({
    ...(serverLog ?? CLIENT_LOG),
    // What goes to syslog is put into its form on the way.
    ...(serverLog?.syslog && { format: 'json' }),
    name: app.name,
    write: sink.write,
    publish: events.publish,
  })
  lifetime.useLog(log, sink.whenWritten)
  if (serverLog?.syslog) lifetime.tellErrorsTo((line) => log.error(line))
  return {
    options,
    operands,
    signal: lifetime.signal,
    onHangup: lifetime.onHangup,
    log,
    events,
    async manager(settings) {
      const { createServiceManager } = await import('./service-manager.ts')
      return createServiceManager({ host, passed, log }, settings)
    },
    // Opening a standard stream costs time and memory, and standard input keeps a process alive.
    get stdin() {
      return host.stdin
    },
    get stdout() {
      return host.stdout
    },
    get stderr() {
      return host.stderr
    },
    isTerminal,
    now,
  }
}

/** A server that nobody watches logs to syslog(3), others to standard output, clients to standard error. */
async function openSink(
  { app, lifetime }: Parts,
  serverLog: LogSettings | undefined,
  onDropped: (lines: number) => void,
): Promise<LogSink> {
  if (serverLog?.syslog !== undefined) {
    const { createSyslogSink } = await import('./syslog-sink.ts')
    const { syslog: facility, format } = serverLog
    return createSyslogSink({ name: app.name, facility, format, onDropped })
  }
  return createLogSink({
    descriptor: serverLog ? 1 : 2,
    onClosed: serverLog ? lifetime.outputClosed : () => undefined,
    onDropped,
  })
}
