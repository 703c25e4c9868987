import { flag, list, text } from '@sockyard/cli/options'
import { parseTarget } from '@sockyard/net/address'
import { host, port } from '@sockyard/service/options'
import { z } from 'zod'

/** A token that can be guessed is none. */
const SHORTEST_TOKEN = 16

export const serveOptions = z.strictObject({
  port: port(3080),
  host: host('127.0.0.1').meta({ description: 'address to listen on; others need --token' }),
  services: list(z.string().min(1)).meta({
    valueName: 'SOURCE',
    preset: 'the yard on 127.0.0.1',
    description:
      'admin endpoints: http://HOST:PORT, dns:NAME[:PORT], or a file of these; repeatable',
  }),
  store: text().meta({
    valueName: 'FILE',
    preset: 'none',
    description: 'keep the history in this file',
  }),
  chat: flag(true).meta({ description: 'a page may take part in the chat' }),
  chatServer: text('127.0.0.1:2020')
    .refine(isTarget, { message: 'must be HOST, HOST:PORT or [IPv6]:PORT' })
    .meta({ valueName: 'HOST[:PORT]', description: 'the chat that pages take part in' }),
  chatProxy: flag().meta({
    common: false,
    description: 'tell it the address of each browser (PROXY header; chat: --proxy-from)',
  }),
  lab: flag(true).meta({ common: false, description: 'run the experiments of lab for a page' }),
  token: text()
    .refine((token) => token === undefined || token.length >= SHORTEST_TOKEN, {
      message: `must have ${SHORTEST_TOKEN} characters or more`,
    })
    .meta({
      valueName: 'TOKEN',
      preset: 'none',
      description: 'what a client has to present; needed beyond loopback',
    }),
})

export type ServeOptions = z.output<typeof serveOptions>

function isTarget(target: string): boolean {
  try {
    return parseTarget(target, 1).host !== ''
  } catch {
    return false
  }
}
