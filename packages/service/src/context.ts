import { isatty } from 'node:tty'

import { now } from './clock.ts'
import type { App, Command, CommandContext } from './command.ts'
import { createEventHub } from './event-hub.ts'
import type { Lifetime } from './lifetime.ts'
import type { LogSettings } from './log-settings.ts'
import { createLogSink } from './log-sink.ts'
import { createLog } from './log.ts'

/** A client's log: only what its report does not say, on standard error. */
const CLIENT_LOG: LogSettings = { level: 'warn', format: 'text' }

interface Parts {
  host: NodeJS.Process
  app: App
  command: Command
  options: Record<string, unknown>
  operands: readonly string[]
  lifetime: Lifetime
}

/** Gives a command what it needs of its process, with a log of its own. */
export function createContext(parts: Parts): CommandContext<Record<string, unknown>> {
  const { host, app, command, options, operands, lifetime } = parts
  const isTerminal = isatty(1)
  const serverLog = command.logSettings?.(options, isTerminal)
  const events = createEventHub()
  const sink = createLogSink({
    descriptor: serverLog ? 1 : 2,
    onClosed: serverLog ? lifetime.outputClosed : () => undefined,
    onDropped: (lines) => log.warn({ lines }, 'log lines dropped: their reader is too slow'),
  })
  const log = createLog({
    ...(serverLog ?? CLIENT_LOG),
    name: app.name,
    write: sink.write,
    publish: events.publish,
  })
  lifetime.useLog(log, sink.whenWritten)
  return {
    options,
    operands,
    signal: lifetime.signal,
    onHangup: lifetime.onHangup,
    log,
    events,
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
