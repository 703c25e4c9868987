import process from 'node:process'

import { nativeCallsWork } from '@sockyard/posix/ffi'
import { whenReadable } from '@sockyard/posix/poll'
import { closeAllOnExec, exitNow, receiveDescriptors } from '@sockyard/posix/process'
import { NativeSocket } from '@sockyard/posix/socket'

import { type ProgramProcess, startProgram } from './program-processes.ts'
import { REQUESTS_DESCRIPTOR, type StarterReport, type StarterRequest } from './starter-messages.ts'

/*
 * A process of inetd that starts programs as another user. It begins as root and becomes that user for ever: since it
 * has changed its user, other processes of the user cannot trace it (prctl(2), PR_SET_DUMPABLE), but can end it.
 */

/** More than a path, its arguments and an environment have here. */
const LARGEST_REQUEST = 262_144

/** Everything is loaded before: the user may not be permitted to read it. */
function becomeUser(uid: number, gid: number): void {
  if (!nativeCallsWork()) throw new Error('koffi cannot be loaded')
  process.setgroups?.([])
  process.setgid?.(gid)
  process.setuid?.(uid)
  if (process.getuid?.() !== uid || process.getgid?.() !== gid)
    throw new Error('the user could not be changed')
}

const [uid, gid] = process.argv.slice(2).map(Number)
if (uid === undefined || gid === undefined) throw new Error('UID and GID are missing')
becomeUser(uid, gid)
closeAllOnExec()

const channel = NativeSocket.adopt(REQUESTS_DESCRIPTOR)
const memory = new Uint8Array(LARGEST_REQUEST)
const programs = new Map<number, ProgramProcess>()

function report(message: StarterReport): void {
  if (process.connected) process.send?.(message)
}

function start(request: Exclude<StarterRequest, { signal: string }>, socket: NativeSocket): void {
  const { number, path, words, environment } = request
  const started = startProgram({
    program: { path, words, identity: undefined },
    environment,
    socket,
    onStart: (pid) => report({ number, pid }),
    onEnd(end) {
      programs.delete(number)
      report({ number, end })
    },
  })
  if (started !== undefined) programs.set(number, started)
}

/** @returns false when no request waits */
function serveNext(): boolean {
  const message = receiveDescriptors(channel, memory)
  if (message === undefined) return false
  // inetd has ended.
  if (message.length === 0) exitNow(0)
  const [socket, ...others] = message.descriptors.map((each) => NativeSocket.adopt(each.release()))
  const request = JSON.parse(Buffer.from(memory.subarray(0, message.length)).toString())
  serve(request as StarterRequest, socket)
  for (const each of [socket, ...others]) each?.close()
  return true
}

/** A program that has changed its user (setuid) cannot be sent one from here. */
function signal(number: number, name: NodeJS.Signals): void {
  try {
    programs.get(number)?.kill(name)
  } catch {
    return
  }
}

function serve(request: StarterRequest, socket: NativeSocket | undefined): void {
  if ('signal' in request) signal(request.number, request.signal)
  else if (socket !== undefined) start(request, socket)
  // The kernel has closed it, for this process has no descriptor left (unix(7)).
  else report({ number: request.number, end: 'EMFILE' })
}

whenReadable(channel.descriptor, () => {
  while (serveNext());
})
process.on('disconnect', () => exitNow(0))
report({ isReady: true })
