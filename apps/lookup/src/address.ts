import { getnameinfo } from '@sockyard/posix/name-info'
import type { CommandContext } from '@sockyard/service/command'
import { UsageError } from '@sockyard/service/errors'

import { nameInfoFlags, type AddressOptions } from './config.ts'
import { conversion } from './conversion.ts'
import { answeredBy, sourcesOf } from './name-service.ts'
import { numericAddress } from './numeric-address.ts'
import { runLookup } from './run-lookup.ts'

/** The names of an address and a port (getnameinfo(3)), or with `--convert` the forms of an address. */
export async function address(context: CommandContext<AddressOptions>): Promise<number> {
  return context.options.convert ? convert(context) : nameOf(context)
}

function convert(context: CommandContext<AddressOptions>): Promise<number> {
  const [text = '', extra] = context.operands
  if (extra !== undefined) throw new UsageError('PORT', extra, 'does not go with --convert')
  return runLookup(context, { command: 'address', sources: [] }, async (tell) => {
    tell(conversion(text, context.options.networkOrder))
    return null
  })
}

async function nameOf(context: CommandContext<AddressOptions>): Promise<number> {
  const { operands, options } = context
  const [text = '', portText = '0'] = operands
  const port = Number(portText)
  if (!/^\d{1,5}$/.test(portText) || port > 65_535)
    throw new UsageError('PORT', portText, 'must be 0 to 65535')
  const flags = nameInfoFlags(options)
  const where = await numericAddress(text, port)
  const hosts = sourcesOf('hosts')
  const sources = [
    ...(options.niNumerichost ? [] : [hosts]),
    ...(options.niNumericserv ? [] : [sourcesOf('services')]),
  ]
  return runLookup(context, { command: 'address', sources }, async (tell) => {
    const found = await getnameinfo(where, text, flags)
    tell({ kind: 'name', address: text, port, ...found })
    if (options.niNumerichost || found.host === text) return null
    return answeredBy(hosts, async () => {
      const again = await getnameinfo(where, text, flags).catch(() => undefined)
      return again?.host === found.host
    })
  })
}
