/**
 * Keys that belong to one program at a time, for as long as it lives: NATS key-value, with a lease.
 *
 * @module
 */
export { Leases } from './leases.ts'
