import type { SyslogFacility } from '@sockyard/posix/syslog'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export const LOG_FORMATS = ['json', 'text'] as const

export interface LogSettings {
  level: (typeof LOG_LEVELS)[number]
  format: (typeof LOG_FORMATS)[number]
  /** The log goes to syslog(3), with this facility, and nowhere else. */
  syslog?: SyslogFacility | undefined
}
