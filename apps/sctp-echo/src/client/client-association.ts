import type { ResolvedAddress } from '@sockyard/net/address'
import { type PathOptions, sourceInterface } from '@sockyard/net/connect'
import type { NetworkError } from '@sockyard/net/errors'
import {
  Endpoint,
  sourceAddress,
  type EndpointOptions,
  type Message,
  type Notification,
} from '@sockyard/sctp'

import { handshakeFailure, lossOf } from './association-failure.ts'

export interface AssociateOptions {
  /** The peer's UDP port. */
  udpPort: number
  /** Streams asked for, each way. */
  streams: number
  /** For each address, milliseconds. */
  waitMillis: number
  signal: AbortSignal
  parameters: Partial<EndpointOptions>
  /** How packets leave; `localPort` is the UDP port. */
  path?: PathOptions
  /** Called from the first packet on: a server may speak before we do. */
  onMessage: (message: Message) => void
  /** Called from `association-up` on: an address that does not answer is no association yet. */
  onNotification?: (notification: Notification) => void
}

/** One association on an endpoint of its own; disposing it shuts it down, or aborts it after 2 s. */
export interface ClientAssociation extends AsyncDisposable {
  endpoint: Endpoint
  id: number
  target: ResolvedAddress
  /** As agreed in the handshake. */
  outboundStreams: number
  inboundStreams: number
  /** Resolves when it is over: with the reason, or with undefined when it was ended in good order. */
  over: Promise<NetworkError | undefined>
}

const FIRST_DYNAMIC_PORT = 49_152
const DYNAMIC_PORTS = 16_384

/**
 * Sets an association up with the first address that answers.
 *
 * @throws {NetworkError} why the last of the addresses failed
 * @throws the signal's reason when it is aborted
 */
export async function associateWith(
  addresses: readonly ResolvedAddress[],
  options: AssociateOptions,
): Promise<ClientAssociation> {
  let failure: unknown
  for (const target of addresses) {
    options.signal.throwIfAborted()
    try {
      return await associateOnce(target, options)
    } catch (error) {
      options.signal.throwIfAborted()
      failure = handshakeFailure(error, target, options.udpPort)
    }
  }
  throw failure
}

async function associateOnce(
  target: ResolvedAddress,
  options: AssociateOptions,
): Promise<ClientAssociation> {
  const { udpPort, waitMillis, signal } = options
  const endpoint = await openEndpoint(target, options)
  const over = whenOver(endpoint, target)
  const streams = whenUp(endpoint)
  try {
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(waitMillis)])
    const { address: host, port } = target
    const id = await endpoint.associate({ host, port, udpPort, signal: timeout })
    const dispose = () => endpoint[Symbol.asyncDispose]()
    return { endpoint, id, target, over, ...(await streams), [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await endpoint.close()
    throw error
  }
}

async function openEndpoint(
  target: ResolvedAddress,
  { streams, parameters, path = {}, onMessage, onNotification }: AssociateOptions,
): Promise<Endpoint> {
  const endpoint = await Endpoint.open({
    host: await localHost(target, path),
    udpPort: path.localPort ?? 0,
    path,
    // The UDP port already tells clients of one host apart.
    port: FIRST_DYNAMIC_PORT + Math.floor(Math.random() * DYNAMIC_PORTS),
    outboundStreams: streams,
    inboundStreams: streams,
    ...parameters,
  })
  endpoint.on('message', onMessage)
  let isUp = false
  endpoint.on('notification', (notification) => {
    isUp ||= notification.type === 'association-up'
    if (isUp) onNotification?.(notification)
  })
  return endpoint
}

/** The address to bind: the one that was asked for, that of the interface, or what the routes say. */
async function localHost({ address, family }: ResolvedAddress, path: PathOptions): Promise<string> {
  const by = sourceInterface(path)
  if (by === undefined) return path.source ?? sourceAddress(address)
  return (family === 6 ? by.ipv6 : by.ipv4)[0] ?? sourceAddress(address)
}

function whenUp(
  endpoint: Endpoint,
): Promise<Pick<ClientAssociation, 'outboundStreams' | 'inboundStreams'>> {
  return new Promise((resolve) => {
    endpoint.on('notification', (notification) => {
      if (notification.type !== 'association-up') return
      const { outboundStreams, inboundStreams } = notification
      resolve({ outboundStreams, inboundStreams })
    })
  })
}

function whenOver(endpoint: Endpoint, target: ResolvedAddress): Promise<NetworkError | undefined> {
  return new Promise((resolve) => {
    endpoint.on('notification', (notification) => {
      if (notification.type === 'shutdown-complete') resolve(undefined)
      else if (notification.type === 'association-lost') resolve(lossOf(notification.error, target))
    })
  })
}
