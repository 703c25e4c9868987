import { closeSync, openSync } from 'node:fs'

import { systemCall } from './libc.ts'

const dup2 = systemCall('int dup2(int, int)')

/**
 * Lets go of the terminal, pipe or socket that the standard streams (0, 1 and 2) are: from now on they read
 * nothing and write to nowhere (dup2(2), null(4)).
 *
 * @throws {SystemCallError} when a call fails
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function detachStandardStreams(): void {
  const nowhere = openSync('/dev/null', 'r+')
  for (const stream of [0, 1, 2]) dup2(nowhere, stream)
  closeSync(nowhere)
}
