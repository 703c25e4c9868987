import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import type { ResolvedAddress } from '@sockyard/net/address'

import { isNeighbourAbsent, isOwnAddress, listenersAt } from './host-facts.ts'
import type { UnicastFacts } from './unicast-verdict.ts'

/** Small, what fits everywhere (RFC 8200: 1,280 B), what fits Ethernet, and what is fragmented. */
const SIZES = [16, 1_232, 1_472, 8_000]
const ATTEMPTS = 3

/** Sends datagrams of several sizes to one address, and notes what comes back. */
export async function udpFacts(
  { address, family, port }: ResolvedAddress,
  waitMillis: number,
  signal: AbortSignal,
): Promise<UnicastFacts> {
  const began = performance.now()
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  const asked = { answered: [] as UnicastFacts['echoes'], code: null as string | null }
  let firstAnswer: number | undefined
  try {
    socket.connect(port, address)
    await once(socket, 'connect', { signal })
    for (const bytes of SIZES) {
      const returned = await isReturned(socket, bytes, waitMillis / SIZES.length, signal)
      if (returned) firstAnswer ??= performance.now()
      asked.answered.push({ bytes, returned })
      if (bytes === SIZES[0] && !returned) break
    }
  } catch (error) {
    signal.throwIfAborted()
    asked.code = codeOf(error)
  } finally {
    socket.close()
  }
  const own = isOwnAddress(address)
  const hasAnswer = asked.answered.some(({ returned }) => returned)
  return {
    transport: 'udp',
    address,
    port,
    outcome: hasAnswer ? 'answered' : asked.code === null ? 'silent' : 'error',
    code: hasAnswer ? null : asked.code,
    elapsedMillis: (firstAnswer ?? performance.now()) - began,
    echoes: hasAnswer ? asked.answered : [],
    isOwnAddress: own,
    isNeighbourAbsent: isNeighbourAbsent(address),
    listeners: own ? listenersAt('udp', port) : [],
    waitMillis,
  }
}

/** Whether anything came back; an error of ICMP is thrown. Asked again, because datagrams get lost. */
async function isReturned(
  socket: Socket,
  bytes: number,
  waitMillis: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const waiting = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(waitMillis / ATTEMPTS))])
    const answer = once(socket, 'message', { signal: waiting })
    socket.send(Buffer.alloc(bytes, 'sockyard survey doctor\n'), (error) => {
      if (error !== null) socket.emit('error', error)
    })
    try {
      await answer
      return true
    } catch (error) {
      signal.throwIfAborted()
      if (!waiting.aborted) throw error
    }
  }
  return false
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'OTHER'
}
