import { fstatSync } from 'node:fs'

import type { InheritedSocket } from '@sockyard/posix/inherited-descriptors'

import { UsageError } from './errors.ts'

/** sd_listen_fds(3): SD_LISTEN_FDS_START, the first descriptor of those that are passed. */
const FIRST_DESCRIPTOR = 3

/** A socket with the name that the service manager has for it. */
export interface PassedSocket extends InheritedSocket {
  /** From LISTEN_FDNAMES (FileDescriptorName= in systemd.socket(5)); empty without one. */
  readonly name: string
}

/** What this process was started with. */
export interface PassedSockets {
  /** `inetd`: the socket of one service, for as long as there is work. `activation`: LISTEN_FDS. */
  readonly by: 'inetd' | 'activation' | undefined
  readonly sockets: readonly PassedSocket[]
  /** Whom a passed connection is from, as whoever accepted it says: it may be gone by now. */
  readonly remoteAddress: string | undefined
}

/** Nothing was passed: the service opens its own sockets. */
export const NOTHING_PASSED: PassedSockets = {
  by: undefined,
  sockets: [],
  remoteAddress: undefined,
}

/**
 * Takes the socket that inetd(8) or xinetd(8) has made our standard streams, before anything else happens to
 * them: they are let go of, so that no stray word reaches the client.
 *
 * @param host the global `process`
 * @returns undefined when `--inetd` does not ask for it, or when standard input is no TCP or UDP socket
 */
export async function takeInetdSocket(host: NodeJS.Process): Promise<PassedSockets | undefined> {
  if (!isToldOfInetd(host)) return undefined
  const { nativeCallsWork } = await import('@sockyard/posix/libc')
  if (!nativeCallsWork()) return endUnheard(host)
  const { takeInheritedSocket } = await import('@sockyard/posix/inherited-descriptors')
  const socket = takeInheritedSocket(0)
  if (socket === undefined) return undefined
  const { detachStandardStreams } = await import('@sockyard/posix/standard-streams')
  detachStandardStreams()
  const remoteAddress = host.env['REMOTE_ADDR']
  return { by: 'inetd', sockets: [{ ...socket, name: '' }], remoteAddress }
}

/**
 * Takes the sockets that systemd or another service manager passes (sd_listen_fds(3)), and removes the variables
 * that tell of them.
 *
 * @param host the global `process`
 * @throws {UsageError} when a passed descriptor is no TCP or UDP socket
 */
export async function takeActivatedSockets({ env, pid }: NodeJS.Process): Promise<PassedSockets> {
  const names = passedNames(env, pid)
  const remoteAddress = env['REMOTE_ADDR']
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name]
  if (names.length === 0) return NOTHING_PASSED
  return { by: 'activation', sockets: await takeNumbered(names), remoteAddress }
}

/** Standard error is the client's, and without koffi there is no syslog either; a terminal is told of the option. */
function endUnheard(host: NodeJS.Process): undefined {
  if (fstatSync(0).isSocket()) host.exit(1)
}

/** Asked of the bare words: even a wrong option must not be complained of to the client. */
function isToldOfInetd({ argv, env }: NodeJS.Process): boolean {
  return argv.includes('--inetd') || /^(true|yes|on|1)$/i.test(env['INETD'] ?? '')
}

/** One name a descriptor, in order; none when the variables are for another process (sd_listen_fds(3)). */
export function passedNames(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): string[] {
  const count = env['LISTEN_FDS']
  if (count === undefined || env['LISTEN_PID'] !== String(pid)) return []
  if (!/^\d{1,5}$/.test(count))
    throw new UsageError('environment variable LISTEN_FDS', count, 'must be a number')
  const names = env['LISTEN_FDNAMES']?.split(':') ?? []
  return Array.from({ length: Number(count) }, (_, index) => names[index] ?? '')
}

async function takeNumbered(names: readonly string[]): Promise<PassedSocket[]> {
  const { takeInheritedSocket } = await import('@sockyard/posix/inherited-descriptors')
  return names.map((name, index) => {
    const number = FIRST_DESCRIPTOR + index
    const socket = takeInheritedSocket(number)
    if (socket !== undefined) return { ...socket, name }
    const what = `descriptor ${number} must be a TCP or UDP socket`
    throw new UsageError('environment variable LISTEN_FDS', String(names.length), what)
  })
}
