import { randomInt } from 'node:crypto'

/**
 * A multicast group of the local scope (RFC 2365, 239.255.0.0/16) that no other test is likely to use, so that
 * tests can share a port: a receiver gets only its groups.
 */
export function randomGroup(): string {
  return `239.255.${randomInt(64, 128)}.${randomInt(256)}`
}
