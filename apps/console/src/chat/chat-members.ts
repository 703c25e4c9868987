import type { Socket } from 'node:net'

import { addressBytes, normalizeMappedAddress, resolveTarget } from '@sockyard/net/address'
import { connectTo } from '@sockyard/net/connect'
import { parseNickname } from '@sockyard/protocol/chat'
import { encodeProxyHeader } from '@sockyard/protocol/proxy'
import type { ConsoleChat } from '@sockyard/protocol/results'

import { ChatMember } from './chat-member.ts'

const DEFAULT_PORT = 2020
const CONNECT_MILLIS = 5_000
const SWEEP_MILLIS = 5_000
/** Browsers that take part at once. */
const MAXIMUM_MEMBERS = 16
/** A page that is loaded again is back by then. */
const LEFT_ALONE_MILLIS = 30_000

/** Why a browser cannot take part. */
export type ChatFault = 'off' | 'name' | 'full' | 'unreachable'

/** A browser cannot take part in the chat. */
export class ChatError extends Error {
  override readonly name = 'ChatError'
  readonly fault: ChatFault

  constructor(fault: ChatFault, message: string) {
    super(message)
    this.fault = fault
  }
}

export interface ChatOptions {
  isOn: boolean
  /** HOST[:PORT] */
  server: string
  /** Whether it is told the address of each browser. */
  proxy: boolean
  /** A page that was not open for so long has left. */
  leftAloneMillis?: number
}

/** The browsers that take part in the chat through this console. */
export class ChatMembers {
  /** What became of those that wanted to. */
  readonly outcomes = new Map<ChatFault | 'joined', number>()
  readonly #options: ChatOptions
  readonly #members = new Map<string, ChatMember>()
  readonly #stopping = new AbortController()
  readonly #sweeping: NodeJS.Timeout
  #connecting = 0

  constructor(options: ChatOptions) {
    this.#options = options
    for (const outcome of ['joined', 'off', 'name', 'full', 'unreachable'] as const)
      this.outcomes.set(outcome, 0)
    this.#sweeping = setInterval(() => this.sweep(performance.now()), SWEEP_MILLIS)
    this.#sweeping.unref()
  }

  get overview(): ConsoleChat {
    const { isOn, server } = this.#options
    const state = isOn ? 'ready' : 'off'
    return { state, server, members: this.#members.size, maximum: MAXIMUM_MEMBERS }
  }

  find(id: string): ChatMember | undefined {
    return this.#members.get(id)
  }

  /**
   * Connects to the server, under a name or, when it is empty, one of the server's.
   *
   * @param browser its connection to us
   * @throws {ChatError}
   */
  async join(name: string, browser: Socket): Promise<ChatMember> {
    try {
      const member = await this.#join(name, browser)
      this.#count('joined')
      return member
    } catch (error) {
      if (error instanceof ChatError) this.#count(error.fault)
      throw error
    }
  }

  /** Those whose page is gone leave; the others’ streams are kept open. */
  sweep(now: number): void {
    const { leftAloneMillis = LEFT_ALONE_MILLIS } = this.#options
    for (const member of this.#members.values()) {
      if (member.isFollowed) member.heartbeat()
      else if (now - member.leftAloneSince < leftAloneMillis) continue
      else if (member.isOver) this.#members.delete(member.id)
      else member.leave()
    }
  }

  stop(): void {
    clearInterval(this.#sweeping)
    this.#stopping.abort(new ChatError('unreachable', 'the console stops'))
    for (const member of this.#members.values()) member.leave()
  }

  async #join(name: string, browser: Socket): Promise<ChatMember> {
    const nick = checkedName(name)
    if (!this.#options.isOn) throw new ChatError('off', 'the chat is switched off (--no-chat)')
    if (this.#members.size + this.#connecting >= MAXIMUM_MEMBERS)
      throw new ChatError('full', `${MAXIMUM_MEMBERS} browsers take part already`)
    const header = this.#options.proxy ? headerOf(browser) : ''
    this.#connecting += 1
    const socket = await this.#connect().finally(() => (this.#connecting -= 1))
    socket.write(header)
    if (nick !== '') socket.write(`/nick ${nick}\n`)
    const member = new ChatMember(socket, () => this.#members.delete(member.id))
    this.#members.set(member.id, member)
    return member
  }

  async #connect(): Promise<Socket> {
    const { signal } = this.#stopping
    try {
      const options = { defaultPort: DEFAULT_PORT, signal }
      const addresses = await resolveTarget(this.#options.server, options)
      const connected = await connectTo(addresses, { timeoutMillis: CONNECT_MILLIS, signal })
      return connected.socket
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new ChatError('unreachable', `no connection to the chat server: ${why}`)
    }
  }

  #count(outcome: ChatFault | 'joined'): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }
}

function checkedName(name: string): string {
  if (name === '') return ''
  const nick = parseNickname(name)
  if (!nick.ok) throw new ChatError('name', `a name ${nick.error.reason}`)
  return nick.value
}

/** The connection of the browser, as a proxy tells it (PROXY protocol, version 2). */
function headerOf(browser: Socket): Uint8Array {
  const { remoteAddress, remotePort, localAddress, localPort } = browser
  return encodeProxyHeader(endOf(remoteAddress, remotePort), endOf(localAddress, localPort))
}

/** @throws {ChatError} when the browser is gone already */
function endOf(text: string | undefined, port: number | undefined) {
  if (text === undefined || port === undefined)
    throw new ChatError('unreachable', 'the browser is gone')
  return { address: Uint8Array.from(addressBytes(normalizeMappedAddress(text))), port }
}
