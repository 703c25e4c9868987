import type { Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'

import { encodeMulticastDatagram } from '@sockyard/protocol/multicast'
import { createUdpEndpoint } from '@sockyard/service/udp-endpoint'

import {
  type Datagrams,
  type GroupSender,
  type GroupSenderOptions,
  RECEIVE_BUFFER_BYTES,
} from './group-sender.ts'
import { Refusals } from './refusals.ts'

/** Sends by node:dgram, which queues what the kernel has no room for. */
export function createDgramGroupSender(options: GroupSenderOptions): GroupSender {
  const { group, port, outgoing } = options
  const refusals = new Refusals(options.log, { group, port })
  const waiting: Datagrams[] = []
  let socket: Socket | undefined
  let sequence = 0

  const settle = (refusal: Error | undefined): void => {
    const datagram = waiting.shift()
    if (datagram === undefined) return
    if (refusal === undefined) options.onSent(datagram)
    else options.onDropped(1, refusal)
    refusals.tell(refusal?.message)
  }

  const encode = (payload: Uint8Array): Uint8Array => {
    const header = { sender: options.sender, sequence: BigInt(sequence), payload }
    return encodeMulticastDatagram({ ...header, sentAt: options.now() })
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
    group,
    get target() {
      return socket
    },
    async start() {
      await endpoint.start()
      await outgoing?.use(({ joinAddress }) => socket?.setMulticastInterface(joinAddress))
    },
    send(payload) {
      const bytes = options.plain ? payload : encode(payload)
      const accepted = endpoint.send(bytes, port, group)
      const datagram = { group, first: sequence, count: 1, sizeBytes: bytes.length }
      sequence += 1
      if (accepted) waiting.push(datagram)
      else options.onDropped(1)
    },
    waiting: () => waiting.length,
    async stop(drained) {
      outgoing?.stop()
      await endpoint.stop(drained)
    },
  }
}
