import { NetworkError, networkError, UsageError } from '@sockyard/service/errors'
import { z } from 'zod'

import type { Tell } from './run-lookup.ts'

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
          error: z.string().nullable(),
          meaning: z.string(),
        }),
      ),
    }),
  ),
})

/**
 * Tells the options of the listening sockets of a running service.
 *
 * @param text its admin endpoint, such as http://127.0.0.1:9101
 * @throws {NetworkError} when nobody answers there, or something else
 */
export async function tellRunning(text: string, signal: AbortSignal, tell: Tell): Promise<void> {
  const url = URL.parse('/options', text)
  if (url === null) throw new UsageError('URL', text, 'must be one such as http://127.0.0.1:9101')
  const { sockets } = await ask(url, signal)
  if (sockets.length === 0) throw other(url, 'the service has no listening socket')
  for (const { transport, address, port, options } of sockets)
    for (const option of options)
      tell({ kind: 'option', socket: `${transport} ${address} ${port} listening`, ...option })
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
  if (!parsed.success) throw other(url, 'is no admin endpoint of Sockyard')
  return parsed.data
}

function other(url: URL, words: string): NetworkError {
  return new NetworkError(`${url.href}: ${words}`, { errorClass: 'OTHER' })
}
