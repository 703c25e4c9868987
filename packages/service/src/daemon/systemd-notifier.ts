import { SystemCallError } from '@sockyard/posix/ffi'
import { NativeSocket } from '@sockyard/posix/socket'

/** Tells a service manager how the service is (sd_notify(3)). */
export interface SystemdNotifier {
  ready(): void
  stopping(): void
}

/**
 * @param env NOTIFY_SOCKET says where the manager listens: a path, or an abstract name that begins with `@`.
 *   WATCHDOG_USEC asks for a sign of life within that many microseconds (sd_watchdog_enabled(3)). The variables
 *   are removed: no program that we start speaks for us.
 * @returns undefined without NOTIFY_SOCKET
 */
export function createNotifier(env: NodeJS.ProcessEnv, pid: number): SystemdNotifier | undefined {
  const { NOTIFY_SOCKET: address = '', WATCHDOG_USEC: micros, WATCHDOG_PID: watched } = env
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]
  if (address === '') return undefined
  const path = address.startsWith('@') ? `\0${address.slice(1)}` : address
  const isWatched = watched === undefined || watched === String(pid)
  const watchdogMillis = isWatched ? Number(micros ?? 0) / 1_000 : 0
  return new SocketNotifier(path, watchdogMillis)
}

class SocketNotifier implements SystemdNotifier {
  readonly #path: string
  readonly #watchdogMillis: number
  #watchdog: NodeJS.Timeout | undefined

  constructor(path: string, watchdogMillis: number) {
    this.#path = path
    this.#watchdogMillis = watchdogMillis
  }

  ready(): void {
    this.#send('READY=1', 'STATUS=serving')
    if (!(this.#watchdogMillis > 0)) return
    // Twice as often as asked, as sd_watchdog_enabled(3) recommends.
    this.#watchdog = setInterval(() => this.#send('WATCHDOG=1'), this.#watchdogMillis / 2).unref()
  }

  stopping(): void {
    clearInterval(this.#watchdog)
    this.#send('STOPPING=1', 'STATUS=waiting for the clients to finish')
  }

  /** A manager that is gone, or does not read, is told nothing: it is no reason to end. */
  #send(...assignments: readonly string[]): void {
    try {
      using socket = NativeSocket.open({ family: 'unix', type: 'datagram', nonBlocking: true })
      socket.sendTo(Buffer.from(assignments.join('\n')), { family: 'unix', path: this.#path })
    } catch (error) {
      if (!(error instanceof SystemCallError || error instanceof RangeError)) throw error
    }
  }
}
