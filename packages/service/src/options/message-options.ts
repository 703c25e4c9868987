import { byteSize, flag } from '@sockyard/cli/options'

import { count, host, ipFamilyOptions, json, port, wait } from './common-options.ts'
import { pathOptions } from './path-options.ts'

/** `send`: each text as one message. */
export const sendMessageOptions = {
  nul: flag().meta({ description: 'end each message with a NUL, as C programs do' }),
  wait: wait().meta({ description: 'how long to wait for the answer' }),
  ...ipFamilyOptions,
  json: json(),
  ...pathOptions,
}

/** `exchange`: one message of a fixed size, and the same back. */
export const exchangeMessageOptions = (largest: number) => ({
  size: byteSize(100, { minimum: 1, maximum: largest }).meta({
    short: 's',
    description: 'bytes of the message; the text is padded with NULs',
  }),
  wait: wait().meta({ description: 'how long to wait for the complete answer' }),
  ...ipFamilyOptions,
  json: json(),
  ...pathOptions,
})

/** `receive`: prints what arrives, and answers nothing. */
export const receiveMessageOptions = (presetPort: number) => ({
  port: port(presetPort),
  host: host(),
  count: count().meta({ description: 'how many to receive' }),
  ...ipFamilyOptions,
  json: json(),
})
