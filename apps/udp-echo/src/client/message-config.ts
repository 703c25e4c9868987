import {
  engine,
  exchangeMessageOptions,
  receiveMessageOptions,
  sendMessageOptions,
} from '@sockyard/service/options'
import { z } from 'zod'

import { DEFAULT_PORT } from '../config.ts'

/** What an IPv4 datagram holds at most (RFC 768). */
const LARGEST_PAYLOAD_BYTES = 65_507

export const sendOptions = z.strictObject(sendMessageOptions)
export const exchangeOptions = z.strictObject(exchangeMessageOptions(LARGEST_PAYLOAD_BYTES))
export const receiveOptions = z.strictObject({
  ...receiveMessageOptions(DEFAULT_PORT),
  engine: engine(),
})

export type SendOptions = z.output<typeof sendOptions>
export type ExchangeOptions = z.output<typeof exchangeOptions>
export type ReceiveOptions = z.output<typeof receiveOptions>
