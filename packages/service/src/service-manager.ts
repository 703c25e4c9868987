import { UsageError } from './errors.ts'
import { InheritedSockets } from './inherited-sockets.ts'
import type { Logger } from './log.ts'
import type { Notifier } from './notifier.ts'
import type { PassedSockets } from './passed-sockets.ts'

/** The options of every server that say who has started it. */
export interface ManagerOptions {
  daemon: boolean
  directory: string
  pidFile: string | undefined
  inetd: boolean
  inetdIdle: number
}

/** Whoever started the service and waits to hear from it: a shell (`--daemon`), inetd, systemd, or nobody. */
export interface ServiceManager {
  /** The sockets that it has opened for the service. */
  readonly inherited: InheritedSockets
  /** Before anything is opened. */
  settle(): Promise<void>
  ready(): void
  stopping(): void
}

/** What a service manager is known by. */
interface ManagerParts {
  /** The global `process`. */
  host: NodeJS.Process
  passed: PassedSockets
  log: Logger
}

/** @throws {UsageError} when `--inetd` was given and standard input is no socket */
export async function createServiceManager(
  { host, passed, log }: ManagerParts,
  options: ManagerOptions,
): Promise<ServiceManager> {
  if (options.inetd && passed.by !== 'inetd')
    throw new UsageError('--inetd', undefined, 'standard input must be a TCP or UDP socket')
  const daemon = options.daemon ? new (await import('./daemon.ts')).Daemon(host) : undefined
  const notifier = await openNotifier(host, log)
  return {
    inherited: InheritedSockets.of(passed, options.inetdIdle),
    settle: async () => daemon?.settle(options.directory, options.pidFile),
    ready() {
      daemon?.ready()
      notifier?.ready()
    },
    stopping: () => notifier?.stopping(),
  }
}

/** @throws {UsageError} when options exclude each other */
export function checkManagerOptions({ daemon, inetd, pidFile }: ManagerOptions): void {
  if (daemon && inetd) throw new UsageError('--inetd', undefined, 'and --daemon exclude each other')
  if (!daemon && pidFile !== undefined)
    throw new UsageError('--pid-file', pidFile, 'goes with --daemon only')
}

async function openNotifier(
  { env, pid }: NodeJS.Process,
  log: Logger,
): Promise<Notifier | undefined> {
  if (env['NOTIFY_SOCKET'] === undefined) return undefined
  const { loadKoffi, NativeCallsMissingError } = await import('@sockyard/posix/libc')
  try {
    loadKoffi()
  } catch (error) {
    if (!(error instanceof NativeCallsMissingError)) throw error
    log.warn({ error: error.message }, 'the service manager is not told')
    return undefined
  }
  const { createNotifier } = await import('./notifier.ts')
  return createNotifier(env, pid)
}
