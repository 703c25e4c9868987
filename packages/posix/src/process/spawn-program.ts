import { constants } from 'node:os'
import process from 'node:process'

import { integerFunction, systemCall, SystemCallError } from '../ffi/libc.ts'
import { addressOf, cString } from '../ffi/native-memory.ts'

/** A program to start: what execve(2) is told, and what the new process is before that. */
export interface SpawnOptions {
  /** Of the executable file; PATH is not searched. */
  path: string
  /** argv[0] and the following. */
  programArguments: readonly string[]
  /** `NAME=value`. */
  environment: readonly string[]
  /** Its working directory. */
  directory: string
  /** Becomes its descriptors 0, 1 and 2, and blocks from now on. Every other one must be closed by exec. */
  descriptor: number
}

/** How a program ended: by itself, or by a signal. */
export type ProgramEnd = { code: number; signal?: never } | { code?: never; signal: string }

/**
 * Starts a program in a session of its own, with every signal at its default and none blocked (posix_spawn(3)), as the
 * user that this process is. The C library shares the memory of this process with the new one until execve(2), where
 * fork(2) copies the page tables, which are large in a process of Node's. On the main thread only: that gets SIGCHLD.
 *
 * @param onEnd called once when it has ended, never before this has returned
 * @returns its process number, which stays its own until `onEnd` is called
 * @throws {SystemCallError} ENOENT, EACCES, ENOEXEC (a script without `#!`), EAGAIN …
 * @throws {TypeError} for a text with a NUL
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function spawnProgram(options: SpawnOptions, onEnd: (end: ProgramEnd) => void): number {
  const path = cString(options.path)
  const words = new StringArray(options.programArguments)
  const environment = new StringArray(options.environment)
  const actions = new BigUint64Array(OPAQUE_WORDS)
  attributes ??= createAttributes()
  listen()
  initActions(actions)
  try {
    addActions(actions, options)
    ioctl(options.descriptor, FIONBIO, off)
    const errno = posixSpawn(pid, path, actions, attributes, words.pointers, environment.pointers)
    if (errno !== 0) throw new SystemCallError('posix_spawn', errno, [options.path])
    const started = pid[0] ?? -1
    running.set(started, onEnd)
    return started
  } finally {
    destroyActions(actions)
  }
}

/** What runs, by its number. */
const running = new Map<number, (end: ProgramEnd) => void>()
let isListening = false

/** Before the first one is started: it may have ended when posix_spawn returns. The listener keeps no process alive. */
function listen(): void {
  if (!isListening) process.on('SIGCHLD', reapAll)
  isListening = true
}

/** One signal may stand for several ends. Each number is asked for, never any: Node waits for its own children. */
function reapAll(): void {
  for (const [number, onEnd] of running) {
    if (waitpid(number, status, WNOHANG) === 0) continue
    running.delete(number)
    onEnd(decodeStatus(status[0] ?? 0))
  }
}

function decodeStatus(word: number): ProgramEnd {
  const signal = word & 0x7f
  return signal === 0 ? { code: (word >>> 8) & 0xff } : { signal: signalName(signal) }
}

const posixSpawn = integerFunction(
  'int posix_spawn(int32_t *, const uint8_t *, const uint64_t *, const uint64_t *, const uint64_t *, const uint64_t *)',
)
const initActions = integerFunction('int posix_spawn_file_actions_init(uint64_t *)')
const destroyActions = integerFunction('int posix_spawn_file_actions_destroy(uint64_t *)')
const addDup2 = integerFunction('int posix_spawn_file_actions_adddup2(uint64_t *, int, int)')
const addChdir = integerFunction(
  'int posix_spawn_file_actions_addchdir_np(uint64_t *, const uint8_t *)',
)
const initAttributes = integerFunction('int posix_spawnattr_init(uint64_t *)')
const setFlags = integerFunction('int posix_spawnattr_setflags(uint64_t *, int16_t)')
const setSigdefault = integerFunction(
  'int posix_spawnattr_setsigdefault(uint64_t *, const uint64_t *)',
)
const setSigmask = integerFunction('int posix_spawnattr_setsigmask(uint64_t *, const uint64_t *)')
const sigfillset = systemCall('int sigfillset(uint64_t *)')
const sigemptyset = systemCall('int sigemptyset(uint64_t *)')
const waitpid = systemCall('int waitpid(int, int32_t *, int)')

/** ioctl(2): whether the open file is non-blocking. */
const ioctl = systemCall('int ioctl(int, unsigned long, int *)')
const FIONBIO = 0x5421
const off = new Int32Array(1)
/** waitpid(2): does not wait. */
const WNOHANG = 1
/** spawn.h, the same in glibc and musl. */
const POSIX_SPAWN_SETSIGDEF = 0x04
const POSIX_SPAWN_SETSIGMASK = 0x08
const POSIX_SPAWN_SETSID = 0x80
/** More than posix_spawnattr_t (336 bytes), posix_spawn_file_actions_t (80) and sigset_t (128) have in either library. */
const OPAQUE_WORDS = 64

/** One for all calls of a thread: each is read before the next. */
const pid = new Int32Array(1)
const status = new Int32Array(1)
let attributes: BigUint64Array | undefined

/** Node ignores SIGPIPE, and exec would hand that on. */
function createAttributes(): BigUint64Array {
  const made = new BigUint64Array(OPAQUE_WORDS)
  const signals = new BigUint64Array(OPAQUE_WORDS)
  check('posix_spawnattr_init', initAttributes(made))
  const flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID
  check('posix_spawnattr_setflags', setFlags(made, flags))
  sigfillset(signals)
  check('posix_spawnattr_setsigdefault', setSigdefault(made, signals))
  sigemptyset(signals)
  check('posix_spawnattr_setsigmask', setSigmask(made, signals))
  return made
}

function addActions(actions: BigUint64Array, { descriptor, directory }: SpawnOptions): void {
  for (const standard of [0, 1, 2])
    check('posix_spawn_file_actions_adddup2', addDup2(actions, descriptor, standard))
  check('posix_spawn_file_actions_addchdir_np', addChdir(actions, cString(directory)))
}

/** These return the errno, and do not set it. */
function check(call: string, errno: number): void {
  if (errno !== 0) throw new SystemCallError(call, errno)
}

/** A null-terminated array of pointers to strings (execve(2)), which it keeps alive. */
class StringArray {
  readonly pointers: BigUint64Array
  readonly #strings: readonly Uint8Array[]

  constructor(strings: readonly string[]) {
    this.#strings = strings.map(cString)
    this.pointers = new BigUint64Array(strings.length + 1)
    for (const [index, string] of this.#strings.entries()) this.pointers[index] = addressOf(string)
  }
}

/** `SIGKILL`; a real-time signal by its number. */
function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number)
  return found?.[0] ?? `SIG${number}`
}
