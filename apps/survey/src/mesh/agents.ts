import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { UsageError } from '@sockyard/cli/errors'
import { formatAddress, parseTarget, resolveTarget } from '@sockyard/net/address'

import { AGENT_PORT, type MeshOptions } from '../config.ts'

/** Where an agent is. */
export interface Place {
  /** As it was given: names stay names, so that each agent looks them up itself. */
  host: string
  port: number
  /** Of the report: the host, with the port where it is another than usual. */
  name: string
}

/** Of a mesh: every ordered pair is asked. */
const MOST_AGENTS = 256

/**
 * The agents of `--agents`, `--dns` and `--file` together, each once.
 *
 * @throws {UsageError} when there are fewer than two, or an entry is none
 * @throws {NetworkError} of class DNS when the name of `--dns` has no address
 */
export async function findAgents(
  { agents, dns, file }: Pick<MeshOptions, 'agents' | 'dns' | 'file'>,
  stdin: Readable,
  signal: AbortSignal,
): Promise<Place[]> {
  const listed = file === undefined ? [] : await linesOf(file, stdin)
  const resolved =
    dns === undefined ? [] : await resolveTarget(dns, { defaultPort: AGENT_PORT, signal })
  const places = [
    ...[...agents, ...listed].map((entry) => parseTarget(entry, AGENT_PORT)),
    ...resolved.map(({ address, port }) => ({ host: address, port })),
  ].map(({ host, port }) => ({ host, port, name: nameOf(host, port) }))
  const found = [...new Map(places.map((place) => [place.name, place])).values()]
  if (found.length < 2 || found.length > MOST_AGENTS)
    throw new UsageError(
      '--agents',
      undefined,
      'a mesh needs two agents or more',
      `a mesh needs 2 to ${MOST_AGENTS} agents (--agents, --dns or --file), not ${found.length}`,
    )
  return found
}

function nameOf(host: string, port: number): string {
  return port === AGENT_PORT ? host : formatAddress(host, port)
}

/** Without comments and empty lines. */
async function linesOf(file: string, stdin: Readable): Promise<string[]> {
  const content = file === '-' ? await text(stdin) : await contentOf(file)
  return content
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException
    throw new UsageError('--file', file, `cannot be read (${code})`)
  }
}
