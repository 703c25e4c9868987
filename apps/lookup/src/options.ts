import {
  SocketOptionValueError,
  UnknownSocketOptionError,
} from '@sockyard/posix/socket-option-errors'
import type { SocketOption } from '@sockyard/posix/socket-option-table'
import type { SocketOptionValue } from '@sockyard/posix/socket-option-values'
import { findSocketOption, getSocketOption, setSocketOption } from '@sockyard/posix/socket-options'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { NetworkError, UsageError } from '@sockyard/service/errors'
import { readOptions } from '@sockyard/service/option-readings'

import type { OptionsOptions } from './config.ts'
import {
  allFreshSockets,
  connectedSocket,
  freshSockets,
  type OptionSocket,
  type OptionSockets,
} from './option-sockets.ts'
import { optionValue } from './option-value.ts'
import { runLookup, type Tell } from './run-lookup.ts'
import { tellRunning } from './running-options.ts'

/** The options of a socket, fresh, connected, or a running service's; with `--set` what setting one does. */
export function options(context: CommandContext<OptionsOptions>): Promise<number> {
  const [operand] = context.operands
  const changes = context.options.set.map(changeOf)
  return runLookup(context, { command: 'options', sources: [] }, async (tell) => {
    if (operand?.startsWith('http://')) {
      if (changes.length > 0)
        throw new UsageError('--set', undefined, "a running service's options are only shown")
      await tellRunning(operand, context.signal, tell)
      return null
    }
    using opened = await openSockets(operand, context)
    for (const change of changes) tellChange(opened.sockets, change, tell)
    if (changes.length === 0) for (const socket of opened.sockets) tellSocket(socket, tell)
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

function tellSocket({ name: socket, target, levels }: OptionSocket, tell: Tell): void {
  for (const reading of readOptions(target, ({ level }) => levels.includes(level)))
    tell({ kind: 'option', socket, ...reading })
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
    throw new UsageError('--set', name, 'is no socket option; lookup options lists them')
  }
}

/** Sets the option where it belongs, and shows what the kernel made of it. */
function tellChange(sockets: readonly OptionSocket[], { option, value }: Change, tell: Tell): void {
  const { level, name, readable } = option
  const socket = sockets.find(({ levels }) => levels.includes(level))
  if (socket === undefined) throw new UsageError('--set', name, `${level} is not of this socket`)
  const read = (): SocketOptionValue | null =>
    readable ? getSocketOption(socket.target, name) : null
  const before = read()
  set(socket, name, value)
  const after = read()
  tell({
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
    throw new NetworkError(`${name}: the kernel refuses that: ${error.code}`, facts)
  }
}

/** What the kernel did beside what it was told (socket(7)). */
function noteOn(asked: SocketOptionValue, after: SocketOptionValue | null): string | null {
  if (after === null) return 'set; it cannot be read back'
  if (typeof asked !== 'number' || typeof after !== 'number' || asked === after) return null
  return after === asked * 2 ? 'the kernel doubles it (socket(7))' : 'the kernel made it so'
}

function asJson(value: SocketOptionValue | null): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}

type Json = Extract<Parameters<Tell>[0], { kind: 'option-set' }>['asked']
