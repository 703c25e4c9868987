import { lookup } from 'node:dns/promises'
import { accessSync, constants } from 'node:fs'
import { readFile } from 'node:fs/promises'

import { apps, findApp } from '@sockyard/catalog'
import { UsageError } from '@sockyard/cli/errors'

/** The admin endpoint of a service that may be there. */
export interface Target {
  /** Host and port. */
  id: string
  /** http://HOST:PORT */
  url: string
  /** The name of the app where it is known before it answers. */
  service: string | null
  /** Whether it is listed before it was ever up: it was asked for by name. */
  isExpected: boolean
}

/** More services are not followed. */
const MAXIMUM_TARGETS = 200

/** Where services are: a URL, a name with all its addresses, or a file of these. */
type Source =
  | { kind: 'url'; target: Target }
  | { kind: 'dns'; name: string; port: number; service: string | null }
  | { kind: 'file'; path: string }

/**
 * Finds services: those of the catalog at the loopback address, or where `--services` says.
 */
export class TargetFinder {
  readonly #sources: readonly Source[]

  /** @throws {UsageError} when one is no URL and no name with a port */
  constructor(words: readonly string[]) {
    this.#sources = words.map(sourceOf)
  }

  /** Those that there are now; a name that cannot be resolved and a file that cannot be read have none. */
  async find(): Promise<Target[]> {
    const all =
      this.#sources.length === 0
        ? catalogTargets()
        : (await Promise.all(this.#sources.map(targetsOf))).flat()
    const byId = new Map(all.map((target) => [target.id, target]))
    return [...byId.values()].slice(0, MAXIMUM_TARGETS)
  }
}

function catalogTargets(): Target[] {
  return apps.flatMap(({ name, adminPort }) =>
    adminPort === undefined ? [] : [targetAt('127.0.0.1', adminPort, name, false)],
  )
}

function targetAt(host: string, port: number, service: string | null, isExpected = true): Target {
  const id = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return { id, url: `http://${id}`, service, isExpected }
}

async function targetsOf(source: Source): Promise<Target[]> {
  if (source.kind === 'url') return [source.target]
  if (source.kind === 'file') return await fileTargets(source.path)
  const addresses = await lookup(source.name, { all: true }).catch(() => [])
  return addresses.map(({ address }) => targetAt(address, source.port, source.service))
}

/** One a line; what stands behind # is a comment. */
async function fileTargets(path: string): Promise<Target[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const words = text.split('\n').map((line) => line.replace(/#.*/, '').trim())
  const sources = words.filter((word) => word !== '').flatMap((word) => nestedSource(word))
  return (await Promise.all(sources.map(targetsOf))).flat()
}

/** A line that is no service is left out, and so is a file within a file. */
function nestedSource(word: string): Source[] {
  try {
    const source = sourceOf(word)
    return source.kind === 'file' ? [] : [source]
  } catch {
    return []
  }
}

function sourceOf(word: string): Source {
  if (word.startsWith('dns:')) return dnsSource(word)
  if (!/^\w+:\/\//.test(word)) return fileSource(word)
  const url = URL.parse(word)
  if (url === null || url.protocol !== 'http:' || url.port === '' || url.pathname !== '/')
    throw new UsageError('--services', word, 'must be http://HOST:PORT')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return { kind: 'url', target: targetAt(host, Number(url.port), null) }
}

/** A file that is there at the start may change, and go away. */
function fileSource(path: string): Source {
  try {
    accessSync(path, constants.R_OK)
    return { kind: 'file', path }
  } catch {
    throw new UsageError('--services', path, 'must be a URL or a readable file')
  }
}

/** The admin port of an app is known. */
function dnsSource(word: string): Source {
  const [, name = '', port] = /^dns:([^:]+)(?::(\d+))?$/.exec(word) ?? []
  const service = findApp(name)
  const number = port === undefined ? service?.adminPort : Number(port)
  if (number === undefined || number < 1 || number > 65_535)
    throw new UsageError('--services', word, 'must be dns:NAME:PORT; an app needs no port')
  return { kind: 'dns', name, port: number, service: service?.name ?? null }
}
