/**
 * Counts, for each service, the files from its `main.ts` to the one that binds its socket, and fails above eight.
 *
 *     node scripts/bind-depth.ts [--write]
 *
 * A path follows imports by name, static and dynamic: an import from a package leads to the file that defines the
 * name, so that an index that only re-exports does not count; type imports lead nowhere. The figures stand in
 * docs/architecture.md; `--write` brings them up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { filesMatching, finish, parseSource, resolveImport, root } from './source-tree.ts'

const MOST_FILES = 8
const DOCUMENT = 'docs/architecture.md'
const SECTION = /<!-- bind-depth -->\n[\s\S]*?<!-- \/bind-depth -->/

/** What binds a socket: the call, and the import without which it is another object's method. */
const BINDING = {
  'node:net': { call: /[sS]erver\.listen\(/, needs: /from 'node:net'/ },
  'node:dgram': { call: /[sS]ocket\.bind\(/, needs: /from 'node:dgram'/ },
  native: { call: /\.bind\(/, needs: /\bNativeSocket\b[^;]*?from '@sockyard\/posix\/socket'/ },
} as const
type Engine = keyof typeof BINDING
/** Where the native engine makes the system call: one file more. */
const NATIVE_SOCKET = 'packages/posix/src/socket/native-socket.ts'
/** Services that are deeper from before, by `service engine`; the list only shrinks. */
const DEEPER: ReadonlySet<string> = new Set(['inetd node:net', 'inetd node:dgram'])
const TOOLS: ReadonlySet<string> = new Set(['lab', 'lookup', 'survey'])

interface Row {
  service: string
  engine: Engine
  path: readonly string[]
}

/** Where a service's socket comes from; that of its admin endpoint (packages/service), or of a client, does not count. */
const sources = filesMatching('apps/*/src/**/*.ts', 'packages/{net,sctp}/src/**/*.ts').filter(
  (path) => !/\.(test|testing)\.ts$|\/(testing|fixtures|client)\//.test(path),
)
const binders = (Object.keys(BINDING) as Engine[]).map(
  (engine) => [engine, new Set(sources.filter((path) => binds(path, engine)))] as const,
)
const rows = filesMatching('apps/*/src/main.ts').flatMap(rowsOf)
const table = render(rows)
if (process.argv.includes('--write')) writeTable()
finish(
  [...rows.filter(isTooDeep).map(tooDeep), ...staleTable()],
  `from main.ts to bind: ${Math.max(...rows.map(({ path }) => path.length))} files at most`,
)

function binds(path: string, engine: Engine): boolean {
  const text = withoutComments(path)
  return BINDING[engine].call.test(text) && BINDING[engine].needs.test(text)
}

function withoutComments(path: string): string {
  let text = readFileSync(join(root, path), 'utf8')
  for (const { start, end } of parseSource(path).comments)
    text = text.slice(0, start) + ' '.repeat(end - start) + text.slice(end)
  return text
}

function rowsOf(main: string): Row[] {
  const [, service = ''] = main.split('/')
  if (TOOLS.has(service)) return []
  return binders.flatMap(([engine, targets]) => {
    const path = shortestPath(main, targets)
    if (path === undefined) return []
    return [{ service, engine, path: engine === 'native' ? [...path, NATIVE_SOCKET] : path }]
  })
}

function shortestPath(from: string, targets: ReadonlySet<string>): string[] | undefined {
  const previous = new Map<string, string | undefined>([[from, undefined]])
  for (const path of previous.keys()) {
    if (targets.has(path)) return backFrom(path, previous)
    for (const next of importedFiles(path)) if (!previous.has(next)) previous.set(next, path)
  }
  return undefined
}

function backFrom(path: string, previous: ReadonlyMap<string, string | undefined>): string[] {
  const before = previous.get(path)
  return before === undefined ? [path] : [...backFrom(before, previous), path]
}

/** The files that define what a file imports, types left out. */
function importedFiles(path: string): string[] {
  const { module } = parseSource(path)
  const text = readFileSync(join(root, path), 'utf8')
  const named = module.staticImports.flatMap(({ moduleRequest, entries }) =>
    entries.flatMap(({ isType, importName }) => {
      if (isType) return []
      const to = resolveImport(path, moduleRequest.value)
      return to === undefined ? [] : [definingFile(to, importName.name ?? undefined)]
    }),
  )
  const dynamic = module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
    const to = resolveImport(path, text.slice(start + 1, end - 1))
    return to === undefined ? [] : [to]
  })
  return [...named, ...dynamic].filter((to) => sources.includes(to))
}

/** Follows re-exports of `name` to where it is declared. */
function definingFile(path: string, name: string | undefined): string {
  for (const { entries } of parseSource(path).module.staticExports) {
    for (const { moduleRequest, exportName, importName } of entries) {
      if (moduleRequest === null || exportName.name !== (name ?? null)) continue
      const to = resolveImport(path, moduleRequest.value)
      if (to !== undefined) return definingFile(to, importName.name ?? undefined)
    }
  }
  return path
}

function render(all: readonly Row[]): string {
  const lines = all.map(({ service, engine, path }) => {
    const files = path.map((each) => `\`${basename(each, '.ts')}\``).join(' → ')
    return `| ${service} | ${engine} | ${path.length} | ${files} |`
  })
  return ['| service | binds with | files | path |', '| --- | --- | --- | --- |', ...lines].join(
    '\n',
  )
}

function isTooDeep({ service, engine, path }: Row): boolean {
  return path.length > MOST_FILES && !DEEPER.has(`${service} ${engine}`)
}

function tooDeep({ service, engine, path }: Row): string {
  return `${service}: ${path.length} files to bind (${engine}), ${MOST_FILES} at most: ${path.join(' ')}`
}

function writeTable(): void {
  const file = join(root, DOCUMENT)
  const text = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    text.replace(SECTION, `<!-- bind-depth -->\n\n${table}\n\n<!-- /bind-depth -->`),
  )
}

function staleTable(): string[] {
  const [section = ''] = SECTION.exec(readFileSync(join(root, DOCUMENT), 'utf8')) ?? []
  if (cells(section.replaceAll(/<!--.*?-->/g, '')) === cells(table)) return []
  return [`${DOCUMENT}: the table is not current; run node scripts/bind-depth.ts --write`]
}

/** A table without the white space and dashes that the formatter puts in. */
function cells(text: string): string {
  return text.replaceAll(/[\s-]+/g, ' ').trim()
}
