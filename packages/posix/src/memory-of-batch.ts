import type { MessageHeaders } from './message-headers.ts'

/** What a send batch needs of a receive batch to point at what came in. It does not leave this package. */
export interface BatchMemory {
  headers: MessageHeaders
  records: DataView
}

const memories = new WeakMap<object, BatchMemory>()

export function keepMemory(batch: object, memory: BatchMemory): void {
  memories.set(batch, memory)
}

export function memoryOf(batch: object): BatchMemory {
  const memory = memories.get(batch)
  if (memory === undefined) throw new TypeError('this batch did not receive')
  return memory
}
