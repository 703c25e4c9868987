import { SystemCallError } from '../ffi/libc.ts'
import type { SocketTarget } from '../socket/descriptor-of.ts'
import { ClosedDescriptorError } from '../socket/descriptor.ts'
import { type SocketOption, type SocketOptionName, socketOptions } from './socket-option-table.ts'
import { getSocketOption } from './socket-options.ts'

/** One option of one socket, as JSON holds it. */
export interface OptionReading {
  level: string
  name: SocketOptionName
  type: string
  /** Null when it cannot be read. */
  value: OptionReadingValue
  /** Why it cannot be read: an errno's name, or `set only`. */
  reason: string | null
  meaning: string
}

type OptionReadingValue = string | number | boolean | null | { [field: string]: OptionReadingValue }

/**
 * The options of a socket as the kernel reports them (getsockopt(2)).
 *
 * @param isWanted which of them; reading SO_ERROR clears it
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function readOptions(
  target: SocketTarget,
  isWanted: (option: SocketOption) => boolean,
): OptionReading[] {
  return socketOptions.filter(isWanted).map((option) => readOption(target, option))
}

function readOption(target: SocketTarget, option: SocketOption): OptionReading {
  const { level, name, type, meaning } = option
  const facts = { level, name, type, meaning }
  if (!option.readable) return { ...facts, value: null, reason: 'set only' }
  try {
    return { ...facts, value: asJson(getSocketOption(target, name)), reason: null }
  } catch (error) {
    return { ...facts, value: null, reason: reasonOf(error) }
  }
}

function asJson(value: unknown): OptionReadingValue {
  return JSON.parse(JSON.stringify(value)) as OptionReadingValue
}

function reasonOf(error: unknown): string {
  if (error instanceof SystemCallError) return error.code
  if (error instanceof ClosedDescriptorError) return 'closed'
  throw error
}
