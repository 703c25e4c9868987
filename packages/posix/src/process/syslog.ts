import process from 'node:process'

import { libcFunction, loadKoffi } from '../ffi/libc.ts'
import { exitNow } from './process.ts'

/** syslog(3): how bad it is, the worst first; the numbers of RFC 5424, section 6.2.1. */
export const SYSLOG_PRIORITIES = {
  emerg: 0,
  alert: 1,
  crit: 2,
  err: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
} as const

/** syslog(3): which part of the system speaks; syslog.conf(5) sorts by it. */
export const SYSLOG_FACILITIES = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const

/** syslog(3): how important a message is. */
export type SyslogPriority = keyof typeof SYSLOG_PRIORITIES
/** syslog(3): which part of the system a message is of. */
export type SyslogFacility = keyof typeof SYSLOG_FACILITIES

/** syslog(3): each message has our process number. */
const LOG_PID = 1

const openlog = libcFunction('void openlog(const uint8_t *, int, int)')

/** What openlog was given: libc keeps the pointers, not the texts, for as long as the process lives. */
const identities: Buffer[] = []
/** Messages that libc has neither handed on nor given up yet. */
let underWay = 0

/** `process.exit` waits for every thread, and the one that sends for a syslog daemon that may have stopped. */
function endWithoutWaiting(exitCode: number): void {
  if (underWay > 0) exitNow(exitCode)
}

/**
 * The process's connection to the syslog daemon (syslog(3)); the last one that was opened is in force. A daemon
 * that is not there, or does not read, costs messages, never time: they are sent by a thread of their own, one
 * after the other. When one is still under way at the end of the process, later listeners of its `exit` are not
 * called: prepend what has to run.
 */
export class Syslog {
  readonly #send: (priority: number, message: string, done: () => void) => void

  /**
   * @param identity what stands before each message, usually the program's name; the process number follows it
   * @throws {NativeCallsMissingError} where koffi is absent
   */
  constructor(identity: string, facility: SyslogFacility) {
    const text = Buffer.from(`${identity}\0`)
    openlog(text, LOG_PID, SYSLOG_FACILITIES[facility] << 3)
    identities.push(text)
    const { async: send } = loadKoffi().load(null).func('void syslog(int, const char *)')
    this.#send = (priority, message, done) => void send(priority, message, done)
    process.off('exit', endWithoutWaiting).on('exit', endWithoutWaiting)
  }

  /**
   * Sends one message. Wait for `sent` before the next: messages that are under way at once may change places.
   *
   * @param message one line; a NUL ends it
   * @param sent called back when libc has handed it on, or given it up
   */
  write(priority: SyslogPriority, message: string, sent: () => void): void {
    underWay += 1
    // The message is a format of printf(3) to libc, and no text of a peer's may be one.
    this.#send(SYSLOG_PRIORITIES[priority], message.replaceAll('%', '%%'), () => {
      underWay -= 1
      sent()
    })
  }
}
