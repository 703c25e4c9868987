import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { nativeCallsWork, SystemCallError } from '@sockyard/posix/ffi'
import { passDescriptor } from '@sockyard/posix/process'
import { descriptorOf, NativeSocket } from '@sockyard/posix/socket'

import type { ProgramProcess, Start } from './program-processes.ts'
import type { StarterReport, StarterRequest } from './starter-messages.ts'

const MODULE = new URL('starter-process.ts', import.meta.url)
/** From so many starts a second on a process for them is worth its memory, and the 40 ms that its own start takes. */
const WORTHWHILE_STARTS = 5
const WINDOW_MILLIS = 1_000
/** It ends when it was not needed for so long. */
const IDLE_MILLIS = 60_000
/** A process that does not obey SIGKILL for its programs, because it was stopped, is ended itself after so long. */
const OBEY_MILLIS = 120

type Identity = NonNullable<Start['program']['identity']>

/**
 * Starts programs of other users at a rate, each in a process of its user (`starter-process.ts`): that can do it with
 * posix_spawn(3), where the process of inetd would have to fork itself, with all its memory, to change the user in between.
 */
export class UserStarters {
  readonly #starters = new Map<string, UserStarter>()

  /** @returns undefined when the program is to be started in another way */
  start(start: Start): ProgramProcess | undefined {
    const { identity } = start.program
    if (identity === undefined || !nativeCallsWork()) return undefined
    const key = `${identity.uid}:${identity.gid}`
    const starter = this.#starters.get(key) ?? new UserStarter(identity)
    this.#starters.set(key, starter)
    return starter.start(start)
  }
}

/** For one user. */
class UserStarter {
  readonly #identity: Identity
  #process: StarterProcess | undefined
  /** It could not be started: it is not tried again. */
  #isBroken = false
  #windowStartedAt = -Infinity
  #starts = 0

  constructor(identity: Identity) {
    this.#identity = identity
  }

  start(start: Start): ProgramProcess | undefined {
    if (this.#process === undefined && this.#isWorthwhile() && !this.#isBroken) this.#launch()
    return this.#process?.start(start)
  }

  #isWorthwhile(): boolean {
    const now = performance.now()
    if (now - this.#windowStartedAt > WINDOW_MILLIS) {
      this.#windowStartedAt = now
      this.#starts = 0
    }
    this.#starts += 1
    return this.#starts > WORTHWHILE_STARTS
  }

  #launch(): void {
    try {
      const launched = new StarterProcess(this.#identity, () => {
        this.#isBroken = !launched.wasReady
        this.#process = undefined
      })
      this.#process = launched
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
    }
  }
}

/** A process that starts programs as its user, until it was idle for long, or dies. Nothing here waits for it. */
class StarterProcess {
  readonly #child: ChildProcess
  /** Connections go over it, which the channel of Node would not hand over at once. */
  readonly #channel: NativeSocket
  readonly #programs = new Map<number, Start>()
  readonly #idleTimer: NodeJS.Timeout
  #started = 0
  #lastStartAt = performance.now()
  wasReady = false

  /** @throws {SystemCallError} for want of descriptors */
  constructor({ uid, gid }: Identity, onGone: () => void) {
    const [mine, theirs] = NativeSocket.pair({ type: 'seqpacket', nonBlocking: true })
    this.#channel = mine
    const args = [...process.execArgv, fileURLToPath(MODULE), String(uid), String(gid)]
    this.#child = spawn(process.execPath, args, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', theirs.descriptor],
    })
    theirs.close()
    this.#child.unref()
    this.#child.channel?.unref()
    this.#idleTimer = setInterval(() => this.#endWhenIdle(), IDLE_MILLIS).unref()
    this.#child.on('message', (report) => this.#onReport(report as StarterReport))
    this.#child.on('error', () => undefined)
    // 'close' comes after all that it has reported, and also where it could not be started.
    this.#child.once('close', () => {
      this.#gone()
      onGone()
    })
  }

  start(start: Start): ProgramProcess | undefined {
    if (!this.wasReady || this.#channel.closed) return undefined
    const number = (this.#started += 1)
    const { path, words } = start.program
    const request = { number, path, words, environment: start.environment }
    if (!this.#ask(request, descriptorOf(start.socket))) return undefined
    this.#lastStartAt = performance.now()
    this.#programs.set(number, start)
    return { kill: (signal) => this.#kill(number, signal) }
  }

  /** @returns false when it takes nothing now, or never will */
  #ask(request: StarterRequest, descriptor?: number): boolean {
    const bytes = Buffer.from(JSON.stringify(request))
    try {
      const sent =
        descriptor === undefined
          ? this.#channel.send(bytes)
          : passDescriptor(this.#channel, descriptor, bytes)
      return sent !== undefined
    } catch (error) {
      if (error instanceof SystemCallError) return false
      throw error
    }
  }

  /** It sends the signal itself: a number may be another process by now, which only the parent of a program knows. */
  #kill(number: number, signal: NodeJS.Signals): void {
    if (this.#channel.closed) return
    this.#ask({ number, signal })
    if (signal === 'SIGKILL') setTimeout(() => this.#child.kill('SIGKILL'), OBEY_MILLIS).unref()
  }

  #onReport(report: StarterReport): void {
    if ('isReady' in report) return void (this.wasReady = true)
    const start = this.#programs.get(report.number)
    if ('pid' in report) return start?.onStart(report.pid)
    this.#programs.delete(report.number)
    start?.onEnd(report.end)
  }

  #endWhenIdle(): void {
    if (this.#programs.size > 0 || performance.now() - this.#lastStartAt < IDLE_MILLIS) return
    this.#channel.close()
    this.#child.kill('SIGTERM')
  }

  #gone(): void {
    clearInterval(this.#idleTimer)
    this.#channel.close()
    // They may go on without it; how they end is not known any more.
    for (const { onEnd } of this.#programs.values()) onEnd('unknown')
    this.#programs.clear()
  }
}
