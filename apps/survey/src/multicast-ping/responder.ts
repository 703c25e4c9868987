import { isIPv4 } from 'node:net'

import {
  AccessList,
  DATAGRAM_REJECTIONS,
  datagramVerdict,
  RateLimiter,
  SourceFilter,
} from '@sockyard/net/access'
import { isIPv6Missing } from '@sockyard/net/address'
import { NetworkError } from '@sockyard/net/errors'
import {
  type OnDatagrams,
  returnPath,
  setSendOptions,
  SharedCounters,
  UdpServer,
  type UdpServerOptions,
} from '@sockyard/net/udp'
import { answerMulticastPing } from '@sockyard/protocol/multicast-ping'

/** TTL and hop limit of what is sent to groups; that of unicast replies is the same by default on Linux. */
const TTL = 64

export interface ResponderOptions {
  /** 0 picks a free one. */
  port: number
  /** `::` is every address of both families. */
  host: string
  engine: UdpServerOptions['engine']
  /** Requests a second and source. */
  rateLimit: number
  /** CIDR lists; an empty `allow` allows every client. */
  allow: readonly string[]
  deny: readonly string[]
  log: UdpServerOptions['log']
}

/**
 * A Multicast Ping server (RFC 6450): answers each echo request to its sender and to the group that it names, from the
 * address that was asked. Clients may be this version's or ssmping and asmping.
 */
export class MulticastPingResponder {
  /** How many datagrams got which verdict. */
  readonly verdicts = new SharedCounters([
    'echo',
    'assigned',
    'wrong-version',
    'group-refused',
    'malformed',
    'no-request',
    ...DATAGRAM_REJECTIONS,
  ])
  readonly #options: ResponderOptions
  readonly #filter = new SourceFilter()
  readonly #servers: UdpServer[] = []

  constructor(options: ResponderOptions) {
    this.#options = options
  }

  /**
   * Listens at one address, or at every one: a socket for each family, since a hop limit is one family's.
   *
   * @throws {NetworkError} AddressInUseError when the port is taken, as by a receiver of groups with that port
   */
  async start(): Promise<{ port: number }> {
    const { host, port: wanted } = this.#options
    const isEverywhere = host === '::'
    const { port } = await this.#open(isEverywhere || isIPv4(host) ? 4 : 6, wanted)
    try {
      if (isEverywhere) await this.#open(6, port)
    } catch (error) {
      if (!(error instanceof NetworkError) || !isIPv6Missing(error)) throw error
    }
    this.#filter.addOwnPort(port)
    return { port }
  }

  async stop(drained?: AbortSignal): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.stop(drained)))
  }

  async #open(family: 4 | 6, port: number): Promise<{ port: number }> {
    const { engine = 'auto', log, host: wanted } = this.#options
    const host = wanted === '::' ? undefined : wanted
    const onDatagrams = this.#answer(family)
    const server = new UdpServer({ port, host, family, engine, log, onDatagrams })
    const listening = await server.start()
    this.#servers.push(server)
    for (const socket of server.sockets) setSendOptions(socket, { ttl: TTL, loopback: true })
    return listening
  }

  #answer(family: 4 | 6): OnDatagrams {
    const rules = {
      filter: this.#filter,
      access: new AccessList(this.#options),
      limiter: new RateLimiter({ perSecond: this.#options.rateLimit }),
    }
    return (datagrams, socket) => {
      for (let index = 0; index < datagrams.count; index += 1) {
        const permitted = datagramVerdict(datagrams, index, rules)
        if (permitted !== 'permitted') {
          this.verdicts.count(permitted)
          continue
        }
        const answer = answerMulticastPing(datagrams.bytes(index), family, TTL)
        this.verdicts.count(answer.verdict)
        if ('reply' in answer) socket.reply(datagrams, index, answer.reply)
        if (!('group' in answer)) continue
        const { port, source } = returnPath(datagrams, index)
        const zone = family === 6 ? `%${datagrams.interfaceIndex(index)}` : ''
        socket.send(answer.reply, { address: `${answer.group}${zone}`, port, source })
      }
    }
  }
}
