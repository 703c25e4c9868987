import { createRequire } from 'node:module'

import type Koffi from 'koffi'

import { SystemCallError } from './system-call-error.ts'

/** koffi, or its native part for this platform, is not installed: `missing` says what could not be loaded. */
export class NativeCallsMissingError extends Error {
  override readonly name = 'NativeCallsMissingError'
  readonly missing: string

  constructor(missing: string, cause: unknown) {
    super(`koffi cannot be loaded (${missing}); install it to make native socket calls`, { cause })
    this.missing = missing
  }
}

/** The calls this package makes. Each returns what the call returned and throws on -1. */
interface Libc {
  socket(domain: number, type: number, protocol: number): number
  bind(descriptor: number, address: Uint8Array): void
  close(descriptor: number): void
  setsockopt(descriptor: number, level: number, option: number, value: Uint8Array): void
  /** Fills `value` from its beginning. */
  getsockopt(descriptor: number, level: number, option: number, value: Uint8Array): void
}

let loaded: Libc | undefined

/**
 * libc through koffi, loaded at the first call (about 10 ms), so that starting a program never waits.
 *
 * @throws {NativeCallsMissingError} where koffi is absent or has no build for this platform
 */
export function libc(): Libc {
  loaded ??= declare(loadKoffi())
  return loaded
}

function loadKoffi(): typeof Koffi {
  try {
    return createRequire(import.meta.url)('koffi')
  } catch (error) {
    throw new NativeCallsMissingError(error instanceof Error ? firstLine(error) : 'koffi', error)
  }
}

function firstLine(error: Error): string {
  return error.message.split('\n', 1)[0] ?? 'koffi'
}

function declare(koffi: typeof Koffi): Libc {
  // null is the running program itself: its own libc, glibc or musl, whatever the file is called.
  const library = koffi.load(null)
  const socket = library.func('int socket(int, int, int)')
  const bind = library.func('int bind(int, const uint8_t *, uint32_t)')
  const close = library.func('int close(int)')
  const setsockopt = library.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)')
  const getsockopt = library.func(
    'int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)',
  )
  const checked = (call: string, result: number): number => {
    if (result === -1) throw new SystemCallError(call, koffi.errno())
    return result
  }
  return {
    socket: (domain, type, protocol) => checked('socket', socket(domain, type, protocol)),
    bind: (descriptor, address) => {
      checked('bind', bind(descriptor, address, address.length))
    },
    close: (descriptor) => {
      checked('close', close(descriptor))
    },
    setsockopt: (descriptor, level, option, value) => {
      checked('setsockopt', setsockopt(descriptor, level, option, value, value.length))
    },
    getsockopt: (descriptor, level, option, value) => {
      checked('getsockopt', getsockopt(descriptor, level, option, value, [value.length]))
    },
  }
}
