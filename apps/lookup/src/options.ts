import { UsageError } from '@sockyard/cli/errors'
import { NetworkError, networkError } from '@sockyard/net/errors'
import { SystemCallError } from '@sockyard/posix/ffi'
import { readOptions } from '@sockyard/posix/options'
import {
  findSocketOption,
  getSocketOption,
  setSocketOption,
  type SocketOption,
  type SocketOptionValue,
  SocketOptionValueError,
  UnknownSocketOptionError,
} from '@sockyard/posix/options'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'
import { z } from 'zod'

import type { OptionsOptions } from './config.ts'
import { optionValue } from './option-value.ts'
import { runLookup, type Emit } from './run-lookup.ts'
import {
  allFreshSockets,
  connectedSocket,
  freshSockets,
  type OptionSocket,
  type OptionSockets,
} from './sockets.ts'

/** The options of a socket, fresh, connected, or a running service's; with `--set` what setting one does. */
export function options(context: CommandContext<OptionsOptions>): Promise<number> {
  const [operand] = context.operands
  const changes = context.options.set.map(changeOf)
  return runLookup(context, { command: 'options', sources: [] }, async (emit) => {
    if (operand?.startsWith('http://')) {
      if (changes.length > 0)
        throw new UsageError('--set', undefined, 'the options of a running service are read-only')
      await emitRunningOptions(operand, context.signal, emit)
      return null
    }
    using opened = await openSockets(operand, context)
    for (const each of changes) applyChange(opened.sockets, each, emit)
    if (changes.length === 0) for (const socket of opened.sockets) emitOptions(socket, emit)
    return null
  })
}

async function openSockets(
  operand: string | undefined,
  { options: chosen, signal }: CommandContext<OptionsOptions>,
): Promise<OptionSockets> {
  const family = ipFamily(chosen)
  if (operand === undefined) return allFreshSockets(family)
  if (operand === 'tcp' || operand === 'udp') return freshSockets(operand, family)
  if (!operand.includes(':'))
    throw new UsageError('WHAT', operand, 'must be tcp, udp, HOST:PORT or http://HOST:PORT')
  const transport = chosen.udp ? 'udp' : 'tcp'
  return connectedSocket(operand, { transport, family, timeoutMillis: chosen.wait, signal })
}

function emitOptions({ name: socket, target, levels }: OptionSocket, emit: Emit): void {
  for (const reading of readOptions(target, ({ level }) => levels.includes(level)))
    emit({ kind: 'option', socket, ...reading })
}

interface Change {
  option: SocketOption
  value: SocketOptionValue
}

/** `SO_RCVBUF=65536` */
function changeOf(text: string): Change {
  const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(text) ?? []
  try {
    const option = findSocketOption(name.toUpperCase())
    return { option, value: optionValue(option, value) }
  } catch (error) {
    if (!(error instanceof UnknownSocketOptionError)) throw error
    throw new UsageError('--set', name, 'is not a socket option; `lookup options` lists them')
  }
}

/** Sets the option on the socket that has its level, and reports its value before and after. */
function applyChange(
  sockets: readonly OptionSocket[],
  { option, value }: Change,
  emit: Emit,
): void {
  const { level, name, readable } = option
  const socket = sockets.find(({ levels }) => levels.includes(level))
  if (socket === undefined)
    throw new UsageError('--set', name, `this socket has no options of level ${level}`)
  const read = (): SocketOptionValue | null =>
    readable ? getSocketOption(socket.target, name) : null
  const before = read()
  set(socket, name, value)
  const after = read()
  emit({
    kind: 'option-set',
    socket: socket.name,
    level,
    name,
    asked: asJson(value),
    before: asJson(before),
    after: asJson(after),
    note: noteOn(value, after),
  })
}

/** @throws {NetworkError} with the errno's name, when the kernel refuses the value */
function set({ target }: OptionSocket, name: SocketOption['name'], value: SocketOptionValue): void {
  try {
    // The value was made from the option's own type.
    setSocketOption(target, name, value as never)
  } catch (error) {
    if (error instanceof SocketOptionValueError) throw new UsageError('--set', name, error.message)
    if (!(error instanceof SystemCallError)) throw error
    const facts = { errorClass: 'OTHER', code: error.code, cause: error } as const
    throw new NetworkError(`${name}: the kernel rejects the value: ${error.code}`, facts)
  }
}

/** Where the kernel's value differs from the requested one, and why (socket(7)). */
function noteOn(asked: SocketOptionValue, after: SocketOptionValue | null): string | null {
  if (after === null) return 'set; it is write-only'
  if (typeof asked !== 'number' || typeof after !== 'number' || asked === after) return null
  return after === asked * 2 ? 'the kernel doubles it (socket(7))' : 'adjusted by the kernel'
}

function asJson(value: SocketOptionValue | null): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}

type Json = Extract<Parameters<Emit>[0], { kind: 'option-set' }>['asked']

/** How long an admin endpoint may take. */
const WAIT_MILLIS = 5_000

/** What GET /options of an admin endpoint answers. */
const answer = z.object({
  sockets: z.array(
    z.object({
      transport: z.string(),
      address: z.string(),
      port: z.int(),
      options: z.array(
        z.strictObject({
          level: z.string(),
          name: z.string(),
          type: z.string(),
          value: z.json(),
          reason: z.string().nullable(),
          meaning: z.string(),
        }),
      ),
    }),
  ),
})

/**
 * Reads the options of the listening sockets of a running service.
 *
 * @param text its admin endpoint, such as http://127.0.0.1:9101
 * @throws {NetworkError} when the endpoint does not answer, or is not one of Sockyard
 */
export async function emitRunningOptions(
  text: string,
  signal: AbortSignal,
  emit: Emit,
): Promise<void> {
  const url = URL.parse('/options', text)
  if (url === null) throw new UsageError('URL', text, 'must be a URL such as http://127.0.0.1:9101')
  const { sockets } = await ask(url, signal)
  if (sockets.length === 0) throw other(url, 'the service has no listening socket')
  for (const { transport, address, port, options: all } of sockets)
    for (const option of all)
      emit({ kind: 'option', socket: `${transport} ${address} ${port} listening`, ...option })
}

async function ask(url: URL, signal: AbortSignal): Promise<z.output<typeof answer>> {
  const timeout = AbortSignal.timeout(WAIT_MILLIS)
  const response = await fetch(url, { signal: AbortSignal.any([signal, timeout]) }).catch(
    (error: unknown) => {
      signal.throwIfAborted()
      const cause = error instanceof Error ? (error.cause ?? error) : error
      throw networkError(cause, url.hostname.replaceAll(/[[\]]/g, ''), Number(url.port || 80))
    },
  )
  if (!response.ok) throw other(url, `answered ${response.status}`)
  const parsed = answer.safeParse(await response.json().catch(() => undefined))
  if (!parsed.success) throw other(url, 'is not an admin endpoint of Sockyard')
  return parsed.data
}

function other(url: URL, words: string): NetworkError {
  return new NetworkError(`${url.href}: ${words}`, { errorClass: 'OTHER' })
}
