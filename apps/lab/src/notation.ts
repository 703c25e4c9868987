import { MSG } from '@sockyard/posix/message-flags'
import { bytesToPresentation } from '@sockyard/posix/presentation'
import type { SocketAddress } from '@sockyard/posix/socket-address'

export type Flag = keyof typeof MSG

/** What the kernel is given for these flags. */
export function flagBits(flags: readonly Flag[]): number {
  return flags.reduce((bits, flag) => bits | MSG[flag], 0)
}

/** `MSG_PEEK|MSG_TRUNC`, as a C program has them; 0 for none. */
export function flagText(flags: readonly Flag[]): string {
  return flags.map((flag) => `MSG_${flag}`).join('|') || '0'
}

/** At most so many characters of what was sent or received are shown. */
const SHOWN = 32

/** `"hello"`, `"xxxx"…` */
export function quote(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, SHOWN)).toString('latin1')
  return JSON.stringify(text) + (bytes.length > SHOWN ? '…' : '')
}

/** `127.0.0.1:3111` */
export function placeText(address: SocketAddress | undefined): string {
  if (address === undefined) return 'nobody'
  if (address.family === 'unix') return address.path || 'unnamed'
  return `${bytesToPresentation(address.bytes)}:${address.port}`
}
