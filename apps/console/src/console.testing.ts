import { request } from 'node:http'

import { type RunningApp, startApp } from '@sockyard/testkit/process'

/** A console as a process of its own, at a free port of 127.0.0.1. */
export async function startConsole(
  args: readonly string[] = [],
  options: Parameters<typeof startApp>[2] = {},
): Promise<{ app: RunningApp; port: number }> {
  const app = await startApp('console', ['--port', '0', ...args], options)
  const { port } = await app.listening('tcp')
  return { app, port }
}

export interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  text: string
}

/**
 * One request, whose headers may be any, also those that fetch does not let a program set.
 *
 * @param more.from the address of the client
 */
export function get(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  { body = '', from }: { body?: string; from?: string | undefined } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const where = { host: '127.0.0.1', port, path, localAddress: from }
    const asked = request({ ...where, headers, method, agent: false })
    asked.once('error', reject)
    asked.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (more: string) => (text += more))
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      )
    })
    asked.end(body)
  })
}
