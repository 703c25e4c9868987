import { isatty } from 'node:tty'

import type { PassedDescriptors } from '@sockyard/net/activation'
import { now } from '@sockyard/net/clock'
import type { z } from 'zod'

import { EventHub } from '../admin/events.ts'
import type { LogSettings } from '../log/log-format.ts'
import { DescriptorSink, type LogSink } from '../log/log-sink.ts'
import { createLog } from '../log/log.ts'
import type { clientAdminOptions } from '../options/admin-options.ts'
import type { App, Command, CommandContext } from './command.ts'
import type { ProcessLifecycle } from './process-lifecycle.ts'

/** A client's log: only what its report does not say, on standard error. */
const CLIENT_LOG: LogSettings = { level: 'warn', format: 'text' }

/** Where a client's admin endpoint is to be; undefined without `--admin-port`. */
function adminSettings(options: Partial<z.output<z.ZodObject<typeof clientAdminOptions>>>) {
  const { adminPort: port, adminHost: host, adminOrigin: origins } = options
  if (port === undefined || host === undefined || origins === undefined) return undefined
  return { port, host, origins }
}

/** One command of an app as it was started in this process. */
export interface Invocation {
  host: NodeJS.Process
  app: App
  command: Command
  options: Record<string, unknown>
  operands: readonly string[]
  lifecycle: ProcessLifecycle
  passed: PassedDescriptors
}

/** Gives a command what it needs of its process, with a log of its own. */
export async function createContext(
  invocation: Invocation,
): Promise<CommandContext<Record<string, unknown>>> {
  const { host, command, options, operands, lifecycle, passed } = invocation
  const isTerminal = isatty(1)
  const serverLog = command.logSettings?.(options, isTerminal)
  const admin = adminSettings(options)
  const { log, events, droppedLogLines } = await openLog(invocation, serverLog)
  return {
    options,
    operands,
    signal: lifecycle.signal,
    onHangup: (reload) => lifecycle.onHangup(reload),
    log,
    events,
    publishEvent: serverLog || admin === undefined ? undefined : events.publish,
    droppedLogLines,
    async manager(settings) {
      const { createServiceManager } = await import('../daemon/service-manager.ts')
      return createServiceManager({ host, passed, log }, settings)
    },
    async openAdmin(measured) {
      if (admin === undefined) return undefined
      const { openClientAdmin } = await import('../admin/client-admin.ts')
      return openClientAdmin({ ...admin, events, log }, measured, droppedLogLines)
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

/** Opens the log, which from then on has the errors of the process too. */
async function openLog(invocation: Invocation, serverLog: LogSettings | undefined) {
  const { app, lifecycle } = invocation
  const events = new EventHub()
  const onDropped = (lines: number): void => log.warn({ lines }, 'log lines dropped')
  const sink = await openSink(invocation, serverLog, onDropped)
  const log = createLog({
    ...(serverLog ?? CLIENT_LOG),
    // What goes to syslog is put into its form on the way.
    ...(serverLog?.syslog && { format: 'json' }),
    name: app.name,
    write: (line) => sink.write(line),
    publish: events.publish,
  })
  lifecycle.useLog(log, (callback) => sink.whenWritten(callback))
  if (serverLog) lifecycle.requireOutput(() => sink.isFailing())
  if (serverLog?.syslog) lifecycle.reportErrorsTo((line) => log.error(line))
  return { log, events, droppedLogLines: () => sink.dropped() }
}

/** A daemon and a service of inetd log to syslog(3), other servers to standard output, clients to standard error. */
async function openSink(
  { app, lifecycle }: Invocation,
  serverLog: LogSettings | undefined,
  onDropped: (lines: number) => void,
): Promise<LogSink> {
  if (serverLog?.syslog !== undefined) {
    const { SyslogSink } = await import('../log/syslog-sink.ts')
    const { syslog: facility, format } = serverLog
    return new SyslogSink({ name: app.name, facility, format, onDropped })
  }
  return new DescriptorSink({
    descriptor: serverLog ? 1 : 2,
    onClosed: () => serverLog && lifecycle.logClosed(),
    onFailed: (error) => lifecycle.printError(`log: ${error.message}`),
    onDropped,
  })
}
