import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { extname, join, normalize, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const PAGE = fileURLToPath(new URL('../../page/', import.meta.url))
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
/** The libraries of the page, served as they are installed: what is in preact/dist is at /assets/preact/dist. */
const LIBRARIES = [
  '@preact/signals-core',
  '@preact/signals',
  'd3-dispatch',
  'd3-force',
  'd3-quadtree',
  'd3-timer',
  'htm',
  'preact',
  'uplot',
] as const
const IMPORT_MAP = /<script type="importmap">([^]*?)<\/script>/

/** A file that a browser may have. */
export interface PageFile {
  bytes: Buffer
  type: string
  etag: string
  /** Content-Security-Policy (CSP Level 3). */
  policy: string
}

/**
 * `/` is page/index.html, `/assets/NAME` a file of page/ or of a library of the page; nothing else is a file.
 *
 * @param path of the URL, percent-decoded
 */
export async function readPageFile(path: string): Promise<PageFile | undefined> {
  const file = path === '/' ? join(PAGE, 'index.html') : assetFile(path)
  const type = TYPES[extname(file ?? '')]
  if (file === undefined || type === undefined) return undefined
  const bytes = await readFile(file).catch(() => undefined)
  if (bytes === undefined) return undefined
  return { bytes, type, etag: `"${digest('sha1', bytes)}"`, policy: policyOf(bytes, type) }
}

function assetFile(path: string): string | undefined {
  if (!path.startsWith('/assets/') || path.includes('\0')) return undefined
  const name = path.slice('/assets/'.length)
  const library = LIBRARIES.find((each) => name.startsWith(`${each}/`))
  if (library === undefined) return within(PAGE, name)
  return within(libraryFolder(library), name.slice(library.length + 1))
}

function within(folder: string, name: string): string | undefined {
  const file = normalize(join(folder, name))
  return file.startsWith(folder.endsWith(sep) ? folder : folder + sep) ? file : undefined
}

/** Where it is installed: not every library exports its package.json, which would tell. */
function libraryFolder(library: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(library) ?? []
  return folders.map((folder) => join(folder, library)).find(existsSync) ?? PAGE
}

/** Scripts of our own files only; an import map has to be in the page, and is permitted by its hash. */
function policyOf(bytes: Buffer, type: string): string {
  const map = type.startsWith('text/html') ? IMPORT_MAP.exec(bytes.toString())?.[1] : undefined
  const hash = map === undefined ? '' : ` 'sha256-${digest('sha256', Buffer.from(map))}'`
  return [
    "default-src 'self'",
    `script-src 'self'${hash}`,
    "img-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function digest(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('base64')
}
