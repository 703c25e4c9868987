import { createRequire } from 'node:module'

import type Koffi from 'koffi'

import { SystemCallError, type NativeValue } from './system-call-error.ts'

/** koffi, or its native part for this platform, is not installed: `missing` says what could not be loaded. */
export class NativeCallsMissingError extends Error {
  override readonly name = 'NativeCallsMissingError'
  readonly missing: string

  constructor(missing: string, cause: unknown) {
    super(`koffi cannot be loaded (${missing}); install it to make native socket calls`, { cause })
    this.missing = missing
  }
}

let library: ReturnType<typeof Koffi.load> | undefined
let koffi: typeof Koffi | undefined

/**
 * koffi itself, loaded at the first call (about 10 ms), so that starting a program never waits.
 *
 * @throws {NativeCallsMissingError} where koffi is absent or has no build for this platform
 */
export function loadKoffi(): typeof Koffi {
  if (koffi !== undefined) return koffi
  try {
    koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
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
type DeclaredFunction = NativeFunction & {
  /** On another thread; the last argument is told the result. */
  async: (...values: readonly (NativeValue | Told)[]) => void
}
type Told = (error: Error | null, result: number) => void

/**
 * A function of libc by its C prototype (`int getpid()`), looked up at the first call. The pointer arguments
 * take memory (an ArrayBufferView, read and written in place) or an address; an address comes back as a bigint.
 *
 * @throws {NativeCallsMissingError} from the function that comes back, where koffi is absent
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
 * @throws {SystemCallError} from the function that comes back, when the call returned -1
 * @throws {NativeCallsMissingError} likewise, where koffi is absent
 */
export function systemCall(prototype: string): (...values: readonly NativeValue[]) => number {
  const call = integerFunction(prototype)
  return (...values) => {
    const result = call(...values)
    if (result === -1) throw new SystemCallError(nameIn(prototype), lastErrno(), values)
    return result
  }
}

/**
 * As `integerFunction`, for a call that may wait long (on a name server): it is made on another thread. Whoever calls
 * holds the memory whose addresses it gives until the promise is settled; the call cannot be interrupted, and
 * errno stays with the other thread.
 *
 * @throws {NativeCallsMissingError} from the function that comes back, where koffi is absent
 */
export function blockingFunction(
  prototype: string,
): (...values: readonly NativeValue[]) => Promise<number> {
  let found: DeclaredFunction | undefined
  return (...values) => {
    const call = (found ??= declare(prototype))
    return new Promise((resolve, reject) => {
      const told: Told = (error, result) => (error === null ? resolve(result) : reject(error))
      call.async(...values, told)
    })
  }
}

/** errno(3) as the last call of this thread left it, a positive number. */
export function lastErrno(): number {
  return loadKoffi().errno()
}

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
