import { SYSLOG_FACILITIES, type SyslogFacility } from '@sockyard/posix/syslog'

import { choice, duration, flag, text } from './options.ts'

const FACILITIES = Object.keys(SYSLOG_FACILITIES) as [SyslogFacility, ...SyslogFacility[]]

/** The options of every server that say who has started it: a shell, or inetd. */
export function managerShape() {
  const group = 'Daemon'
  return {
    daemon: flag().meta({ group, description: 'detach from the terminal and log to syslog(3)' }),
    pidFile: text().meta({
      valueName: 'PATH',
      group,
      description: 'with --daemon: holds its process number; one daemon a file',
    }),
    directory: text('/').meta({
      valueName: 'PATH',
      group,
      description: 'with --daemon: working directory',
    }),
    syslogFacility: choice(FACILITIES, 'daemon').meta({
      valueName: 'FACILITY',
      group,
      description: 'daemon, user, local0 … local7 and the others of syslog(3)',
    }),
    inetd: flag().meta({
      group,
      description: 'serve the socket that is standard input (inetd(8))',
    }),
    inetdIdle: duration('60s', { minimum: '1ms' }).meta({
      group,
      description: 'with --inetd and wait: end after this long without a client',
    }),
  }
}
