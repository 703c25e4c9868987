import { escapeText } from '@sockyard/cli/text'
import type { SyslogFacility } from '@sockyard/posix/process'

/** From the gravest on, as pino has them. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
/** One JSON object a line, or text for a person. */
export const LOG_FORMATS = ['json', 'text'] as const

/** What is logged, and in which form. */
export interface LogSettings {
  level: (typeof LOG_LEVELS)[number]
  format: (typeof LOG_FORMATS)[number]
  /** The log goes to syslog(3), with this facility, and nowhere else. */
  syslog?: SyslogFacility | undefined
}

const HIDDEN = new Set(['level', 'at', 'name', 'msg', 'event', 'data'])

/**
 * Turns one JSON log line into one line for a person: time, level unless it is info, message, and
 * the other fields as key=value. `event` and `data` are for machines; their text is the message.
 *
 * @param json a line as the log writes it, escaped or not
 * @param form `bare` is without time and level, which syslog has of its own
 */
export function textLine(json: string, form: 'dated' | 'bare' = 'dated'): string {
  const fields: Readonly<Record<string, unknown>> = JSON.parse(json)
  const pairs = Object.entries(fields)
    .filter(([key]) => !HIDDEN.has(key))
    .map(
      ([key, value]) => `${escapeText(key)}=${shown(key === 'error' ? errorText(value) : value)}`,
    )
  const { at, level, msg } = fields
  return [
    ...(form === 'dated' ? [clockTime(at), levelName(level)] : []),
    typeof msg === 'string' ? escapeText(msg) : '',
    ...pairs,
  ]
    .filter((part) => part !== '')
    .join(' ')
}

function clockTime(at: unknown): string {
  const date = new Date(String(at))
  const millis = String(date.getMilliseconds()).padStart(3, '0')
  return `${[date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':')}.${millis}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

function levelName(level: unknown): string {
  return level === 'info' ? '' : String(level).toUpperCase()
}

/** An error as the log serialises it: its stack where there is one; its type where nothing else classifies it. */
function errorText(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || !('message' in error)) return error
  if ('stack' in error) return error.stack
  const isClassified = !('type' in error) || 'code' in error || 'errorClass' in error
  return isClassified ? error.message : `${String(error.type)}: ${String(error.message)}`
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = escapeText(text)
  return typeof value === 'string' && /[\s"=]|^$/.test(safe) ? JSON.stringify(safe) : safe
}
