import { count, host, ipFamilyOptions, json, port, wait } from './common-options.ts'
import { byteSize, flag } from './options.ts'

/** `send`: each text as one message. */
export const sendMessageOptions = (presetWait: string) => ({
  nul: flag().meta({ description: 'end each message with a NUL, as C programs do' }),
  wait: wait(presetWait).meta({ description: 'how long to wait for what comes back' }),
  ...ipFamilyOptions,
  json: json(),
})

/** `exchange`: one message of a fixed size, and the same back. */
export const exchangeMessageOptions = (largest: number) => ({
  size: byteSize(100, { minimum: 1, maximum: largest }).meta({
    short: 's',
    description: 'bytes of the message; the text is filled up with NULs',
  }),
  wait: wait('15s').meta({ description: 'how long to wait for all of it' }),
  ...ipFamilyOptions,
  json: json(),
})

/** `receive`: shows what comes, and answers nothing. */
export const receiveMessageOptions = (presetPort: number) => ({
  port: port(presetPort),
  host: host(),
  count: count().meta({ description: 'how many to take; without it, for ever' }),
  ...ipFamilyOptions,
  json: json(),
})
