/**
 * One order of messages for all programs that open the same stream: NATS JetStream gives each message its sequence.
 *
 * @module
 */
export { OrderedStream } from './ordered-stream.ts'
