import { endianness } from 'node:os'

import { libcFunction, loadKoffi } from './libc.ts'
import type { NativeValue } from './system-call-error.ts'

const POINTER_BYTES = 8
const LITTLE = endianness() === 'LE'

/**
 * A function of libc whose result is a pointer, as `libcFunction`.
 *
 * @returns from the function that comes back: the address, undefined for the null pointer
 */
export function pointerFunction(
  prototype: string,
): (...values: readonly NativeValue[]) => bigint | undefined {
  const call = libcFunction(prototype)
  return (...values) => (call(...values) as bigint | null) ?? undefined
}

/**
 * One struct of libc's, copied, so that it stays what it was when the next call changes libc's own.
 * What it points to is read at once, too: `text` and `pointers` before any other call.
 */
export class ForeignStruct {
  readonly #view: DataView

  /** @param address as libc gave it, never 0 */
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

  /** The text that the pointer points to; '' for the null pointer. */
  text(offset: number): string {
    return readText(this.pointer(offset))
  }

  /** What the pointer points to: pointers up to a null pointer (`h_addr_list`); none for the null pointer. */
  pointers(offset: number): bigint[] {
    const found: bigint[] = []
    for (let at = this.pointer(offset); at !== 0n; at += BigInt(POINTER_BYTES)) {
      const pointer = new ForeignStruct(at, POINTER_BYTES).pointer(0)
      if (pointer === 0n) break
      found.push(pointer)
    }
    return found
  }

  /** As `pointers`, to texts (`s_aliases`). */
  texts(offset: number): string[] {
    return this.pointers(offset).map(readText)
  }
}

const inUse = new Set<readonly ArrayBufferView[]>()

/**
 * Keeps `memory`, to which only native code points meanwhile, from being collected until `work` is over: what it
 * points to has to be read in there.
 */
export async function holding<Value>(
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

/** A copy of memory of libc's. */
export function copyMemory(address: bigint, length: number): Uint8Array {
  return new Uint8Array(loadKoffi().view(address, length).slice(0))
}

function readText(address: bigint): string {
  return address === 0n ? '' : String(loadKoffi().decode(address, 'char', -1))
}

/**
 * A text as C has it, in memory of ours: musl's servent(3) points into the name that it was asked for.
 *
 * @throws {TypeError} for a text with a NUL, which would end it
 */
export function nativeText(text: string): Uint8Array {
  if (text.includes('\0')) throw new TypeError('a name cannot hold a NUL')
  return Buffer.from(`${text}\0`)
}
