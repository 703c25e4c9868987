import { duration } from '@sockyard/cli/options'
import {
  engine,
  exchangeMessageOptions,
  receiveMessageOptions,
  sendMessageOptions,
} from '@sockyard/service/options'
import { z } from 'zod'

import { DEFAULT_PORT } from '../config.ts'

export const sendOptions = z.strictObject(sendMessageOptions)
export const exchangeOptions = z.strictObject(exchangeMessageOptions(1024 * 1024))
export const receiveOptions = z.strictObject({
  ...receiveMessageOptions(DEFAULT_PORT),
  engine: engine(),
  idleTimeout: duration('15s', { minimum: '1ms' }).meta({
    description: 'a client silent for this long is closed: the next one waits for it',
  }),
})

export type SendOptions = z.output<typeof sendOptions>
export type ExchangeOptions = z.output<typeof exchangeOptions>
export type ReceiveOptions = z.output<typeof receiveOptions>
