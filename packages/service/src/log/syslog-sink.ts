import { Syslog, type SyslogFacility, type SyslogPriority } from '@sockyard/posix/process'

import { textLine } from './log-format.ts'
import type { LogSettings } from './log-format.ts'
import type { LogSink } from './log-sink.ts'

/** What may wait for a syslog daemon that is slow; messages beyond it are dropped and counted. */
const MAXIMUM_QUEUED = 1_000

const PRIORITY_OF: Readonly<Record<LogSettings['level'], SyslogPriority>> = {
  fatal: 'crit',
  error: 'err',
  warn: 'warning',
  info: 'info',
  debug: 'debug',
  trace: 'debug',
}

interface SyslogSinkOptions {
  /** What the syslog daemon puts before each message, with our process number. */
  name: string
  facility: SyslogFacility
  format: LogSettings['format']
  /** The syslog daemon has caught up, but so many messages were dropped meanwhile. */
  onDropped: (lines: number) => void
}

/** Hands lines of the log, as JSON, to syslog(3), one after the other, and never waits for it. */
export function createSyslogSink({
  name,
  facility,
  format,
  onDropped,
}: SyslogSinkOptions): LogSink {
  const syslog = new Syslog(name, facility)
  const queued: string[] = []
  let isSending = false
  let dropped = 0
  let reported = 0
  let onWritten: (() => void) | undefined

  function next(): void {
    const line = queued.shift()
    isSending = line !== undefined
    if (line === undefined) becomeIdle()
    else syslog.write(priorityOf(line), format === 'json' ? line : textLine(line, 'bare'), next)
  }

  function becomeIdle(): void {
    onWritten?.()
    const lines = dropped - reported
    reported = dropped
    if (lines > 0) onDropped(lines)
  }

  return {
    write(line) {
      if (queued.length >= MAXIMUM_QUEUED) {
        dropped += 1
        return
      }
      queued.push(line.trimEnd())
      if (!isSending) next()
    },
    dropped: () => dropped,
    isFailing: () => false,
    whenWritten(callback) {
      if (isSending) onWritten = callback
      else callback()
    },
  }
}

function priorityOf(line: string): SyslogPriority {
  const { level } = JSON.parse(line) as { level: LogSettings['level'] }
  return PRIORITY_OF[level]
}
