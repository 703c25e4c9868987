/**
 * Keeps messages until they are published, in their order, while the place they go to is out of reach.
 *
 * @module
 */
export { Outbox } from './outbox.ts'
export { Spool } from './spool.ts'
