import { randomInt } from 'node:crypto'

/**
 * An address of this host that is otherwise unused, so that the test's topology and one that is running
 * do not meet on a port. Elsewhere than on Linux loopback is one address only.
 */
export function ownLoopbackAddress(): string {
  if (process.platform !== 'linux') return '127.0.0.1'
  return `127.43.${randomInt(256)}.${randomInt(1, 255)}`
}
