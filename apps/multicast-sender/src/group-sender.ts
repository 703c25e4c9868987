import type { Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'

import type { Registry } from '@prometheus-io/client'
import { encodeMulticastDatagram } from '@sockyard/protocol/multicast'
import { limitLog } from '@sockyard/service/limited-log'
import type { Logger } from '@sockyard/service/log'
import { createUdpEndpoint } from '@sockyard/service/udp-endpoint'

import type { OutgoingInterface } from './outgoing-interface.ts'

/** One datagram to one group. */
export interface Datagram {
  readonly group: string
  readonly sequence: bigint
  readonly sizeBytes: number
}

export interface GroupSenderOptions {
  readonly group: string
  readonly port: number
  /** Our number in every datagram. */
  readonly sender: number
  readonly ttl: number
  readonly loopback: boolean
  /** Without one the system chooses by the route. */
  readonly outgoing: OutgoingInterface | undefined
  readonly log: Logger
  readonly metrics: Registry
  readonly now: () => bigint
  onSent(datagram: Datagram): void
  /** @param error the kernel's; undefined when too many waited to be sent */
  onDropped(datagram: Datagram, error?: Error): void
}

/** Sends to one group, from a socket of its own, whatever becomes of the network meanwhile. */
export interface GroupSender {
  start(): Promise<void>
  send(payload: Uint8Array): void
  /** How many datagrams wait to be sent. */
  waiting(): number
  stop(drained: AbortSignal): Promise<void>
}

/** Nobody has a reason to send to a sender: what comes is left to the kernel. */
const RECEIVE_BUFFER_BYTES = 2_048

export function createGroupSender(options: GroupSenderOptions): GroupSender {
  const { group, port, outgoing } = options
  const limited = limitLog(options.log)
  const waiting: Datagram[] = []
  let socket: Socket | undefined
  let sequence = 0n
  let failure: string | undefined

  const settle = (refusal: Error | undefined): void => {
    const datagram = waiting.shift()
    if (datagram === undefined) return
    if (refusal === undefined) options.onSent(datagram)
    else options.onDropped(datagram, refusal)
    tellChange(refusal?.message)
  }
  const tellChange = (now: string | undefined): void => {
    if (now === failure) return
    failure = now
    if (now === undefined) limited.info({ group, port }, 'sending again')
    else limited.warn({ group, port, error: now }, 'cannot send')
  }

  const endpoint = createUdpEndpoint({
    port: 0,
    host: isIPv6(group) ? '::' : '0.0.0.0',
    receiveBufferBytes: RECEIVE_BUFFER_BYTES,
    // Its "listening" would be wrong: a sender does not.
    log: options.log.child({}, { level: 'warn' }),
    metrics: options.metrics,
    onDatagram: () => undefined,
    configure(opened) {
      opened.setMulticastTTL(options.ttl)
      opened.setMulticastLoopback(options.loopback)
      socket = opened
    },
    onSent: settle,
  })

  return {
    async start() {
      await endpoint.start()
      if (socket !== undefined) await outgoing?.use(socket)
    },
    send(payload) {
      const header = { sender: options.sender, sequence, payload }
      const bytes = encodeMulticastDatagram({ ...header, sentAt: options.now() })
      const accepted = endpoint.send(bytes, port, group)
      const datagram = { group, sequence, sizeBytes: bytes.length }
      sequence += 1n
      if (accepted) waiting.push(datagram)
      else options.onDropped(datagram)
    },
    waiting: () => waiting.length,
    async stop(drained) {
      outgoing?.stop()
      await endpoint.stop(drained)
    },
  }
}
