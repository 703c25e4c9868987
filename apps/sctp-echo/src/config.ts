import { byteSize, choice, flag, integer, list } from '@sockyard/cli/options'
import { pathOptions, pingOptions as commonOptions } from '@sockyard/probe/commands'
import {
  connectionLimitOptions,
  deadline,
  host,
  ipFamilyOptions,
  json,
  port,
  quiet,
  wait,
} from '@sockyard/service/options'
import { z } from 'zod'

import { EVENT_KINDS } from './association-events.ts'
import { protocolOptions, rtoRange } from './protocol-options.ts'

/** The default SCTP port of the clients. */
export const DEFAULT_PORT = 9877
/** Registered for SCTP in UDP (RFC 6951 section 7). */
const DEFAULT_UDP_PORT = 9899
/** The longest message a client sends; a server may take less. */
const LARGEST_MESSAGE_BYTES = 256 * 1024

/** As sctp_event_subscribe of the classic program: the server has one kind more, a client shows its messages anyway. */
const ASSOCIATION_EVENTS = EVENT_KINDS.filter((kind) => kind !== 'data-io')

/**
 * A peer that has vanished is noticed within 150 s: 9 packets without an answer, at most 5 s apart. Idle
 * associations are asked every 5 s. (RFC 9260 section 16 would take from 5 to 15 minutes.)
 */
const SERVER_PROTOCOL = { rtoMax: '5s', heartbeatInterval: '5s' }

/** RFC 9260 section 16. */
const CLIENT_PROTOCOL = { rtoMax: '60s', heartbeatInterval: '30s' }

const streams = () =>
  integer(16, { minimum: 1, maximum: 65_535 }).meta({
    valueName: 'COUNT',
    description: 'streams each way, at most',
  })

const events = <Kind extends string>(kinds: readonly Kind[], preset: readonly Kind[]) =>
  list(z.enum([...kinds, 'none'], { error: `must be ${kinds.join(', ')} or none` }), preset).meta({
    valueName: 'KIND',
    common: false,
    description: `events shown besides messages: ${kinds.join(', ')} or none`,
  })

const peerUdpPort = () =>
  integer(DEFAULT_UDP_PORT, { minimum: 1, maximum: 65_535 }).meta({
    valueName: 'PORT',
    description: "the peer's UDP port",
  })

export const serveOptions = z
  .strictObject({
    port: integer(DEFAULT_PORT, { minimum: 1, maximum: 65_535 }).meta({
      short: 'p',
      valueName: 'PORT',
      description: 'SCTP port to listen on',
    }),
    udpPort: port(DEFAULT_UDP_PORT).meta({
      short: undefined,
      description: 'UDP port that carries SCTP',
    }),
    host: host(),
    streams: streams(),
    streamIncrement: choice(['0', '1'], '1').meta({
      common: false,
      description: 'answer on the same stream, or on the next one modulo their number',
    }),
    events: events(EVENT_KINDS, ASSOCIATION_EVENTS),
    ...connectionLimitOptions({ idleTimeout: '300s' }),
    maxMessage: byteSize('64KiB', { minimum: 1, maximum: LARGEST_MESSAGE_BYTES }).meta({
      group: 'Limits',
      description: 'the longest message, 256KiB at most; a longer one ends the association',
    }),
    buffer: byteSize('128KiB', { minimum: '4KiB', maximum: '64MiB' }).meta({
      group: 'Limits',
      description: 'queued bytes of an association, each way, before its peer is held back',
    }),
    ...protocolOptions(SERVER_PROTOCOL),
  })
  .refine(...rtoRange)
  .refine(({ buffer, maxMessage }) => buffer >= maxMessage, {
    path: ['buffer'],
    message: 'must not be less than --max-message',
  })

export const sendOptions = z
  .strictObject({
    udpPort: peerUdpPort(),
    streams: streams(),
    toAll: flag().meta({ description: 'each line on every stream at once, a packet for each' }),
    unordered: flag().meta({ description: 'unordered delivery (RFC 9260 section 6.6)' }),
    size: byteSize(undefined, { minimum: 1, maximum: LARGEST_MESSAGE_BYTES }).meta({
      short: 's',
      description: 'pad messages to this size; with --to-all 800',
    }),
    events: events(ASSOCIATION_EVENTS, ASSOCIATION_EVENTS),
    wait: wait().meta({
      description: 'time to wait for the peer and the last echoes',
    }),
    deadline: deadline(),
    ...ipFamilyOptions,
    quiet: quiet(),
    json: json(),
    ...pathOptions,
    ...protocolOptions(CLIENT_PROTOCOL),
  })
  .refine(...rtoRange)

export const pingOptions = z
  .strictObject({
    udpPort: peerUdpPort(),
    streams: streams().meta({ description: 'streams each way, used in turn' }),
    // From the header of a probe on, which holds its number.
    ...commonOptions({ minimum: 20, maximum: LARGEST_MESSAGE_BYTES }),
    wait: wait().meta({ description: 'time to wait for an association or one reply' }),
    ...protocolOptions(CLIENT_PROTOCOL),
  })
  .refine(...rtoRange)

export type ServeOptions = z.output<typeof serveOptions>
export type SendOptions = z.output<typeof sendOptions>
export type PingOptions = z.output<typeof pingOptions>
