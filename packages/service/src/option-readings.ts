import { ClosedDescriptorError } from '@sockyard/posix/descriptor'
import type { SocketTarget } from '@sockyard/posix/descriptor-of'
import {
  type SocketOption,
  type SocketOptionName,
  socketOptions,
} from '@sockyard/posix/socket-option-table'
import { getSocketOption } from '@sockyard/posix/socket-options'
import { SystemCallError } from '@sockyard/posix/system-call-error'

/** One option of one socket, as JSON holds it. */
export interface OptionReading {
  level: string
  name: SocketOptionName
  type: string
  /** Null when it cannot be read. */
  value: OptionReadingValue
  /** Why it cannot be read: an errno's name, or `set only`. */
  error: string | null
  meaning: string
}

type OptionReadingValue = string | number | boolean | null | { [field: string]: OptionReadingValue }

/**
 * The options of a socket as the kernel tells them (getsockopt(2)).
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
  if (!option.readable) return { ...facts, value: null, error: 'set only' }
  try {
    return { ...facts, value: asJson(getSocketOption(target, name)), error: null }
  } catch (error) {
    return { ...facts, value: null, error: reasonOf(error) }
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
