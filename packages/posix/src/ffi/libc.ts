import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'

import type Koffi from 'koffi'

/** koffi, or its native part for this platform, is not installed: `missing` says what could not be loaded. */
export class NativeCallsMissingError extends Error {
  override readonly name = 'NativeCallsMissingError'
  readonly missing: string

  constructor(missing: string, cause: unknown) {
    super(`koffi cannot be loaded (${missing}); install it to make native socket calls`, { cause })
    this.missing = missing
  }
}

/** What a call into libc takes: numbers, strings, memory (its address is passed), an address, or null. */
export type NativeValue = number | bigint | string | ArrayBufferView | null

/**
 * A call into libc that failed, with the fields of Node's own system errors: `syscall` is the call, `code` the
 * errno's name (`EBADF`), `errno` its number, negative. `values` are the arguments it was called with, as text;
 * memory is shown by its length. The message, which users read, does not have them.
 */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError'
  readonly syscall: string
  readonly errno: number
  readonly code: string
  readonly values: readonly string[]

  constructor(syscall: string, errno: number, values: readonly NativeValue[] = []) {
    const code = errnoName(errno)
    super(`${syscall}: ${code}`)
    this.syscall = syscall
    this.errno = -errno
    this.code = code
    this.values = values.map(show)
  }
}

/** By number. Of two names the first counts: EAGAIN, ENOTSUP. */
const ERRNO_NAMES = new Map(
  Object.entries(constants.errno)
    .toReversed()
    .map(([name, number]) => [number, name]),
)

/** libuv, and so `getSystemErrorName`, has no name for ECHILD and ENOEXEC. */
function errnoName(errno: number): string {
  return ERRNO_NAMES.get(errno) ?? getSystemErrorName(-errno)
}

function show(value: NativeValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'object' ? `${value.byteLength} bytes` : String(value)
}

let library: ReturnType<typeof Koffi.load> | undefined
let koffi: typeof Koffi | undefined

/**
 * koffi itself, loaded at the first call (about 10 ms), so that importing this package costs nothing.
 *
 * @throws {NativeCallsMissingError} where koffi is absent or has no build for this platform
 */
export function loadKoffi(): typeof Koffi {
  if (koffi !== undefined) return koffi
  try {
    koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    lastErrno = koffi.errno
    return koffi
  } catch (error) {
    throw new NativeCallsMissingError(error instanceof Error ? firstLine(error) : 'koffi', error)
  }
}

/** Whether native calls can be made here. Loads koffi. */
export function nativeCallsWork(): boolean {
  try {
    loadKoffi()
    return true
  } catch {
    return false
  }
}

type NativeFunction = (...values: readonly NativeValue[]) => unknown
type Callback = (error: Error | null, result: number) => void
type DeclaredFunction = NativeFunction & {
  /** Runs on another thread; the last argument is called back with the result. */
  async: (...values: readonly (NativeValue | Callback)[]) => void
}

/**
 * A function of libc by its C prototype (`int getpid()`), looked up at the first call. Pointer arguments take
 * memory (an ArrayBufferView, read and written in place) or an address; a pointer is returned as a bigint.
 *
 * @throws {NativeCallsMissingError} from the returned function, where koffi is absent
 */
export function libcFunction(prototype: string): NativeFunction {
  let found: NativeFunction | undefined
  return (...values) => {
    found ??= declare(prototype)
    return found(...values)
  }
}

/** As `libcFunction`, for one whose result is an integer of at most 53 bits. */
export function integerFunction(prototype: string): (...values: readonly NativeValue[]) => number {
  return libcFunction(prototype) as (...values: readonly NativeValue[]) => number
}

/**
 * A call of libc that returns -1 and sets errno when it fails; otherwise as `libcFunction`.
 *
 * @throws {SystemCallError} from the returned function, when the call returned -1
 * @throws {NativeCallsMissingError} likewise, where koffi is absent
 */
export function systemCall(prototype: string): (...values: readonly NativeValue[]) => number {
  const call = integerFunction(prototype)
  const name = nameIn(prototype)
  return (...values) => {
    const result = call(...values)
    if (result !== -1) return result
    const errno = lastErrno()
    throw new SystemCallError(name, errno, values)
  }
}

/**
 * As `integerFunction`, for a call that may block for long (on a name server): it runs on another thread. The caller
 * keeps the memory whose addresses it passes until the promise is settled (`pinned`); the call cannot be
 * interrupted, and errno stays with the other thread.
 *
 * @throws {NativeCallsMissingError} from the returned function, where koffi is absent
 */
export function blockingFunction(
  prototype: string,
): (...values: readonly NativeValue[]) => Promise<number> {
  let found: DeclaredFunction | undefined
  return (...values) => {
    const call = (found ??= declare(prototype))
    return new Promise((resolve, reject) => {
      const callback: Callback = (error, result) =>
        error === null ? resolve(result) : reject(error)
      call.async(...values, callback)
    })
  }
}

/**
 * errno(3) as the last call of this thread left it, a positive number. Read it at once: to compile a function or to
 * collect garbage V8 makes system calls of its own, and bind(2) would seem to have failed with EAGAIN. So this is
 * koffi's own function, with nothing of ours around it that would have to be compiled.
 */
export let lastErrno: () => number = () => loadKoffi().errno()

function declare(prototype: string): DeclaredFunction {
  // null is the running program itself: its own libc, glibc or musl, whatever the file is called.
  library ??= loadKoffi().load(null)
  return library.func(prototype)
}

function nameIn(prototype: string): string {
  return /(\w+)\s*\(/.exec(prototype)?.[1] ?? prototype
}

function firstLine(error: Error): string {
  return error.message.split('\n', 1)[0] ?? 'koffi'
}
