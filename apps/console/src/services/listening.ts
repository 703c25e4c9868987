import { z } from 'zod'

import { parseShallowJson } from './shallow-json.ts'

/** A socket that clients reach a service by. */
export interface ListeningSocket {
  transport: string
  /** Numeric; `::` or `0.0.0.0` is every address. */
  address: string
  port: number
}

const socket = z.looseObject({
  transport: z.string().max(20),
  address: z.string().max(100),
  port: z.int().min(0).max(65_535),
})
/** What GET /options answers; a service has no more sockets than that. */
const optionsAnswer = z.looseObject({ sockets: z.array(socket).max(1_000) })

/** @returns undefined when it is not what a service answers */
export function parseOptions(text: string): z.output<typeof optionsAnswer> | null {
  try {
    return optionsAnswer.safeParse(parseShallowJson(text)).data ?? null
  } catch {
    return null
  }
}

export function listeningOf(options: z.output<typeof optionsAnswer> | null): ListeningSocket[] {
  return (options?.sockets ?? []).map(({ transport, address, port }) => ({
    transport,
    address,
    port,
  }))
}
