import { randomUUID } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'

import { chooseEngine } from '@sockyard/net/engine'
import { type GroupInterface, MulticastMembership } from '@sockyard/net/multicast'

import { SILENT } from './listen.ts'
import { codeOf } from './udp-facts.ts'

/** Datagrams that this host sent to itself with TTL 0, and received. */
export interface LocalDelivery {
  sent: number
  received: number
  /** The errno name when the kernel did not take one. */
  error: string | null
}

const PROBES = 5
/** What is looped back is received at once; a busy machine needs longer. */
const WAIT_MILLIS = 2_000

/**
 * Sends to the group with TTL 0, which stays on this host (RFC 1112, section 6.1), and counts what a member here
 * receives: what is lost on this way, a filter of this host has dropped.
 */
export async function sendToOneself(
  group: string,
  port: number,
  on: GroupInterface,
): Promise<LocalDelivery> {
  const marker = `sockyard survey doctor ${randomUUID()}\n`
  let received = 0
  const { promise: isComplete, resolve } = Promise.withResolvers<void>()
  const membership = new MulticastMembership({
    groups: [{ address: group }],
    interfaces: [on.name],
    port,
    engine: chooseEngine('auto').engine,
    log: SILENT,
    onBatch(datagrams) {
      for (let index = 0; index < datagrams.count; index += 1)
        if (Buffer.from(datagrams.bytes(index)).toString() === marker) received += 1
      if (received >= PROBES) resolve()
    },
  })
  await membership.start()
  const timer = setTimeout(resolve, WAIT_MILLIS)
  const { sent, error } = await sendLocally(group, port, on, marker)
  if (error !== null) resolve()
  await isComplete
  clearTimeout(timer)
  await membership.stop()
  return { sent, received, error }
}

/** @returns how many the kernel took, and the errno name when it did not take one */
async function sendLocally(
  group: string,
  port: number,
  on: GroupInterface,
  marker: string,
): Promise<{ sent: number; error: string | null }> {
  const socket = createSocket(isIPv6(group) ? 'udp6' : 'udp4')
  let sent = 0
  try {
    socket.bind()
    await once(socket, 'listening')
    socket.setMulticastInterface(on.joinAddress)
    socket.setMulticastTTL(0)
    for (; sent < PROBES; sent += 1) await send(socket, group, port, marker)
    return { sent, error: null }
  } catch (error) {
    return { sent, error: codeOf(error) }
  } finally {
    socket.close()
  }
}

function send(socket: Socket, group: string, port: number, marker: string): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.send(marker, port, group, (error) => (error === null ? resolve() : reject(error))),
  )
}
