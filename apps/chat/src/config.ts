import {
  connectionLimitOptions,
  host,
  ipFamilyOptions,
  port,
  rateLimit,
  wait,
} from '@sockyard/service/common-options'
import { byteSize, duration, flag, text } from '@sockyard/service/options'
import { z } from 'zod'

/** Where the chat is when nobody says otherwise, as in the seed. */
export const DEFAULT_PORT = 2020

const LIMITS = { group: 'Limits' }

const limitOptions = connectionLimitOptions({ idleTimeout: '150s' })

export const serveOptions = z.strictObject({
  port: port(DEFAULT_PORT),
  host: host(),
  ...ipFamilyOptions,
  relay: flag().meta({
    description: 'no names, no words of ours: what one sends goes as it is to all the others',
  }),
  ...limitOptions,
  idleTimeout: limitOptions.idleTimeout.meta({
    description: 'who says nothing is asked after 3/5 of this time, and then disconnected',
  }),
  firstLineTimeout: duration('30s', { minimum: '1ms' }).meta({
    ...LIMITS,
    description: 'a first line once begun must be ended within this time',
  }),
  maxLine: byteSize('1KiB', { minimum: 1, maximum: '64KiB' }).meta({
    ...LIMITS,
    description: 'longest line; what is beyond is cut off',
  }),
  rateLimit: rateLimit(100).meta({
    description: 'lines a second from one address, ten times that at once; 0 for no limit',
  }),
  floodTimeout: duration('30s', { minimum: '1ms' }).meta({
    ...LIMITS,
    description: 'whoever is over the rate for this long is disconnected',
  }),
  slowQueue: byteSize('64KiB', { minimum: 1 }).meta({
    ...LIMITS,
    description: 'a reader with more than this unread is slow',
  }),
  slowTimeout: duration('10s', { minimum: '1ms' }).meta({
    ...LIMITS,
    description: 'a reader slow for this long is disconnected',
  }),
  maxQueue: byteSize('256KiB', { minimum: 1 }).meta({
    ...LIMITS,
    description: 'a reader with more than this unread is disconnected at once',
  }),
})

export const joinOptions = z.strictObject({
  nick: text().meta({ short: 'n', valueName: 'NAME', description: 'the name to go by' }),
  ...ipFamilyOptions,
  wait: wait('10s').meta({ description: 'how long to wait for the connection' }),
})

export type ServeOptions = z.output<typeof serveOptions>
export type JoinOptions = z.output<typeof joinOptions>
