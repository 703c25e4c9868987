import { Syslog, type SyslogFacility, type SyslogPriority } from '@sockyard/posix/process'

import { textLine } from './log-format.ts'
import type { LogSettings } from './log-format.ts'
import { DroppedLines, type LogSink } from './log-sink.ts'

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
export class SyslogSink implements LogSink {
  readonly #syslog: Syslog
  readonly #format: LogSettings['format']
  readonly #drops: DroppedLines
  readonly #queued: string[] = []
  #isSending = false
  #onWritten: (() => void) | undefined

  constructor({ name, facility, format, onDropped }: SyslogSinkOptions) {
    this.#syslog = new Syslog(name, facility)
    this.#format = format
    this.#drops = new DroppedLines(onDropped)
  }

  write(line: string): void {
    if (this.#queued.length >= MAXIMUM_QUEUED) return this.#drops.add()
    this.#queued.push(line.trimEnd())
    if (!this.#isSending) this.#next()
  }

  dropped(): number {
    return this.#drops.total
  }

  isFailing(): boolean {
    return false
  }

  whenWritten(callback: () => void): void {
    if (this.#isSending) this.#onWritten = callback
    else callback()
  }

  #next(): void {
    const line = this.#queued.shift()
    this.#isSending = line !== undefined
    if (line !== undefined) return this.#send(line)
    this.#onWritten?.()
    this.#drops.report()
  }

  #send(line: string): void {
    const text = this.#format === 'json' ? line : textLine(line, 'bare')
    this.#syslog.write(priorityOf(line), text, () => this.#next())
  }
}

function priorityOf(line: string): SyslogPriority {
  const { level } = JSON.parse(line) as { level: LogSettings['level'] }
  return PRIORITY_OF[level]
}
