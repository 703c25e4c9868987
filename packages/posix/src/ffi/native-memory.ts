import { endianness } from 'node:os'

import { libcFunction, loadKoffi, type NativeValue } from './libc.ts'

const POINTER_BYTES = 8

/** The byte order of the kernel's and libc's structs: little-endian on x64 and arm64. */
export const LITTLE: boolean = endianness() === 'LE'

/**
 * The address of `memory`, for the pointers inside a struct (an iovec's base, a message header's name). It is valid
 * as long as `memory` is referenced: keep it in the object that holds the struct, so that memory has one owner and
 * no pointer outlives it. The number never leaves this package.
 *
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function addressOf(memory: ArrayBufferView): bigint {
  return loadKoffi().address(memory)
}

const inUse = new Set<readonly ArrayBufferView[]>()

/**
 * Keeps `memory`, to which only native code points meanwhile, from being garbage collected until `work` has settled.
 * What it points to has to be read within `work`.
 */
export async function pinned<Value>(
  memory: readonly ArrayBufferView[],
  work: () => Promise<Value>,
): Promise<Value> {
  inUse.add(memory)
  try {
    return await work()
  } finally {
    inUse.delete(memory)
  }
}

/** A copy of `length` bytes of libc's memory. */
export function copyMemory(address: bigint, length: number): Uint8Array {
  return new Uint8Array(loadKoffi().view(address, length).slice(0))
}

/**
 * A NUL-terminated string in memory of ours: musl's servent(3) points into the name that it was asked for.
 *
 * @throws {TypeError} for a text with a NUL, which would end it
 */
export function cString(text: string): Uint8Array {
  if (text.includes('\0')) throw new TypeError('a name cannot contain a NUL')
  return Buffer.from(`${text}\0`)
}

/** struct timeval: seconds and microseconds, 64 bits each on every 64-bit Linux. */
export function encodeTimeval(millis: number): BigInt64Array {
  const micros = Math.round(millis * 1_000)
  return BigInt64Array.of(BigInt(Math.floor(micros / 1_000_000)), BigInt(micros % 1_000_000))
}

/**
 * A function of libc whose result is a pointer, as `libcFunction`.
 *
 * @returns a function that returns the address, undefined for the null pointer
 */
export function pointerFunction(
  prototype: string,
): (...values: readonly NativeValue[]) => bigint | undefined {
  const call = libcFunction(prototype)
  return (...values) => (call(...values) as bigint | null) ?? undefined
}

/**
 * Reads the fields of a struct that libc owns. The struct is copied at once, so that the next call, which may change
 * it, does no harm; what its pointers point to (`text`, `pointers`) must be read before any other call.
 */
export class StructReader {
  readonly #view: DataView

  /**
   * @param address as libc returned it, never 0
   * @param length of the struct in bytes
   */
  constructor(address: bigint, length: number) {
    this.#view = new DataView(copyMemory(address, length).buffer)
  }

  int32(offset: number): number {
    return this.#view.getInt32(offset, LITTLE)
  }

  /** The pointer itself; 0 is the null pointer. It never leaves this package. */
  pointer(offset: number): bigint {
    return this.#view.getBigUint64(offset, LITTLE)
  }

  /** The string that the pointer points to; '' for the null pointer. */
  text(offset: number): string {
    return readText(this.pointer(offset))
  }

  /** The null-terminated array of pointers (`h_addr_list`) that the pointer points to; empty for the null pointer. */
  pointers(offset: number): bigint[] {
    const found: bigint[] = []
    for (let at = this.pointer(offset); at !== 0n; at += BigInt(POINTER_BYTES)) {
      const pointer = new StructReader(at, POINTER_BYTES).pointer(0)
      if (pointer === 0n) break
      found.push(pointer)
    }
    return found
  }

  /** As `pointers`, of strings (`s_aliases`). */
  texts(offset: number): string[] {
    return this.pointers(offset).map(readText)
  }
}

function readText(address: bigint): string {
  return address === 0n ? '' : String(loadKoffi().decode(address, 'char', -1))
}
