import { choice, duration, flag, text } from '@sockyard/cli/options'
import { SYSLOG_FACILITIES, type SyslogFacility } from '@sockyard/posix/process'

const FACILITIES = Object.keys(SYSLOG_FACILITIES) as [SyslogFacility, ...SyslogFacility[]]

/** The options of every server for daemons, inetd and systemd. */
export function managerShape() {
  const group = 'Daemon'
  return {
    daemon: flag().meta({
      group,
      conflicts: ['inetd'],
      description: 'detach from the terminal and log to syslog(3)',
    }),
    pidFile: text().meta({
      valueName: 'PATH',
      group,
      requires: 'daemon',
      description: 'file for its process number; one daemon for each file',
    }),
    directory: text('/').meta({
      valueName: 'PATH',
      group,
      requires: 'daemon',
      description: 'working directory of the daemon',
    }),
    syslogFacility: choice(FACILITIES, 'daemon').meta({
      valueName: 'FACILITY',
      group,
      description: 'facility of syslog(3): daemon, user, local0 to local7 and others',
    }),
    inetd: flag().meta({
      group,
      description: 'serve the socket that is standard input (inetd(8))',
    }),
    inetdIdle: duration('60s', { minimum: '1ms' }).meta({
      group,
      requires: 'inetd',
      description: 'for a wait service: end after this long without a client',
    }),
  }
}
