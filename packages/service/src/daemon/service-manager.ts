import { UsageError } from '@sockyard/cli/errors'
import { ActivationSockets, type PassedDescriptors } from '@sockyard/net/activation'

import type { Logger } from '../log/log.ts'
import type { SystemdNotifier } from './systemd-notifier.ts'

/** The options of every server that name the program that starts it. */
export interface ManagerOptions {
  daemon: boolean
  directory: string
  pidFile: string | undefined
  inetd: boolean
  inetdIdle: number
}

/** The program that started the service and waits for its state: a shell (`--daemon`), inetd, systemd, or none. */
export interface ServiceManager {
  /** The sockets that it has opened for the service. */
  readonly activation: ActivationSockets
  /** Enters the working directory and takes the pid file, before anything is opened. */
  prepare(): Promise<void>
  ready(): void
  stopping(): void
}

interface ManagerDependencies {
  /** The global `process`. */
  host: NodeJS.Process
  passed: PassedDescriptors
  log: Logger
}

/** @throws {UsageError} when `--inetd` was given and standard input is no socket */
export async function createServiceManager(
  { host, passed, log }: ManagerDependencies,
  options: ManagerOptions,
): Promise<ServiceManager> {
  if (options.inetd && passed.by !== 'inetd')
    throw new UsageError('--inetd', undefined, 'standard input must be a TCP or UDP socket')
  const daemon = options.daemon ? new (await import('./daemon.ts')).Daemon(host) : undefined
  const notifier = await openNotifier(host, log)
  return {
    activation: ActivationSockets.of(passed, options.inetdIdle),
    prepare: async () => daemon?.enter(options.directory, options.pidFile),
    ready() {
      daemon?.ready()
      notifier?.ready()
    },
    stopping: () => notifier?.stopping(),
  }
}

async function openNotifier(
  { env, pid }: NodeJS.Process,
  log: Logger,
): Promise<SystemdNotifier | undefined> {
  if (env['NOTIFY_SOCKET'] === undefined) return undefined
  const { loadKoffi, NativeCallsMissingError } = await import('@sockyard/posix/ffi')
  try {
    loadKoffi()
  } catch (error) {
    if (!(error instanceof NativeCallsMissingError)) throw error
    log.warn({ error: error.message }, 'the service manager cannot be notified')
    return undefined
  }
  const { createNotifier } = await import('./systemd-notifier.ts')
  return createNotifier(env, pid)
}
