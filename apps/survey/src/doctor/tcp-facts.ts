import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import type { ResolvedAddress } from '@sockyard/net/address'

import { isNeighbourAbsent, isOwnAddress, listenersAt } from './host-facts.ts'
import { codeOf } from './udp-facts.ts'
import type { UnicastFacts } from './unicast-verdict.ts'

/** One segment, and many full ones. */
const SIZES = [64, 100_000]
/** What does not want this client resets at once, before anything was asked of it. */
const RESET_WAIT_MILLIS = 200
/** A service that echoes does so at once. */
const ECHO_WAIT_MILLIS = 1_000

/** Connects to one address, and where the service echoes, compares a small message with a large one. */
export async function tcpFacts(
  { address, port }: ResolvedAddress,
  waitMillis: number,
  signal: AbortSignal,
): Promise<UnicastFacts> {
  const began = performance.now()
  const socket = connect({ host: address, port, noDelay: true })
  socket.on('error', () => undefined)
  const timeout = AbortSignal.timeout(waitMillis)
  let code: string | null = null
  let isConnected = false
  let elapsedMillis: number | undefined
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, timeout]) })
    elapsedMillis = performance.now() - began
    await isLeftAlone(socket)
    isConnected = true
  } catch (error) {
    signal.throwIfAborted()
    code = timeout.aborted ? null : codeOf(error)
  }
  elapsedMillis ??= performance.now() - began
  const echoes = isConnected ? await echoesOf(socket, Math.min(waitMillis, ECHO_WAIT_MILLIS)) : []
  socket.destroy()
  const own = isOwnAddress(address)
  return {
    transport: 'tcp',
    address,
    port,
    outcome: isConnected ? 'answered' : code === null ? 'silent' : 'error',
    code,
    elapsedMillis,
    echoes,
    isOwnAddress: own,
    isNeighbourAbsent: !isConnected && isNeighbourAbsent(address),
    listeners: own ? listenersAt('tcp', port) : [],
    waitMillis,
  }
}

/** @throws {Error} ECONNRESET: a reset that came later would be an answer to what the doctor wrote */
async function isLeftAlone(socket: Socket): Promise<void> {
  const quiet = new AbortController()
  // It keeps the process alive, as AbortSignal.timeout() does not: nor does a socket whose buffer is full.
  const timer = setTimeout(() => quiet.abort(), RESET_WAIT_MILLIS)
  try {
    await once(socket, 'close', { signal: quiet.signal })
  } catch (error) {
    if (!quiet.signal.aborted) throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Empty when not even the small message comes back: then it is no echo. */
async function echoesOf(socket: Socket, waitMillis: number): Promise<UnicastFacts['echoes']> {
  const echoes: UnicastFacts['echoes'] = []
  for (const bytes of SIZES) {
    const returned = await isReturned(socket, bytes, waitMillis)
    if (!returned && echoes.length === 0) return []
    echoes.push({ bytes, returned })
  }
  return echoes
}

async function isReturned(socket: Socket, bytes: number, waitMillis: number): Promise<boolean> {
  let missing = bytes
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const onData = (received: Buffer): void => {
    missing -= received.length
    if (missing <= 0) resolve(true)
  }
  const timer = setTimeout(() => resolve(false), waitMillis)
  socket.on('data', onData).once('close', () => resolve(missing <= 0))
  socket.write(Buffer.alloc(bytes, 'sockyard survey doctor\n'))
  const returned = await promise
  clearTimeout(timer)
  socket.off('data', onData)
  return returned
}
