// What is published, as its users have it: packed, installed by npm into an empty folder, and run there.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

import { apps } from '@sockyard/catalog'
import { RunningApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { writeRelease } from './release.ts'
import { sha256 } from './release/checksums.ts'
import { root } from './source-tree.ts'

/** Compiling, packing and installing, on a machine that does other things too. */
const PATIENCE = 600_000
const MOST_UNPACKED_BYTES = 2_000_000

const folder = mkdtempSync(join(tmpdir(), 'sockyard-release-'))
/** Tarballs, each with its bill of materials. */
let artefacts: string[] = []
const tarballs = (): string[] => artefacts.filter((file) => file.endsWith('.tgz'))

// oxlint-disable-next-line typescript/no-explicit-any
const readJson = (path: string): any => JSON.parse(readFileSync(path, 'utf8'))

/** What the compiler says of files in a project that has installed the packages. */
function typeErrors(target: string, files: readonly string[]): string {
  const compilerOptions = {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    target: 'esnext',
    strict: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  }
  writeFileSync(join(target, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const tsc = join(root, 'node_modules/.bin/tsc')
  return spawnSync(tsc, ['-p', target], { encoding: 'utf8' }).stdout
}

const sumsOf = (files: readonly string[]): Map<string, string> =>
  new Map(files.map((file) => [basename(file), sha256(file)]))

/** @returns the folder with node_modules */
function install(name: string, files: readonly string[], ...flags: string[]): string {
  const target = join(folder, name)
  mkdirSync(target)
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...flags, ...files]
  execFileSync('npm', args, { cwd: target, stdio: ['ignore', 'ignore', 'pipe'] })
  return target
}

beforeAll(async () => {
  artefacts = await writeRelease(join(folder, 'first'))
}, PATIENCE)
// An app that was just stopped may still be writing its compile cache there.
afterAll(
  () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }),
  PATIENCE,
)

test('two builds are the same bytes, and sha256sum agrees', { timeout: PATIENCE }, async () => {
  const again = await writeRelease(join(folder, 'second'))
  expect(sumsOf(again)).toEqual(sumsOf(artefacts))
  const check = spawnSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: join(folder, 'first') })
  expect(check.status).toBe(0)
})

test('what a system looks for below /usr is in the places of Debian', () => {
  const found = globSync('{share,lib}/**/*', { cwd: join(folder, 'first/packages/sockyard') })
  for (const { name } of apps) expect(found).toContain(`share/man/man1/sockyard-${name}.1`)
  expect(found).toEqual(
    expect.arrayContaining([
      'share/man/man1/sockyard.1',
      'share/bash-completion/completions/sockyard',
      'share/zsh/vendor-completions/_sockyard',
      'share/fish/vendor_completions.d/sockyard.fish',
      'lib/systemd/system/sockyard@.service',
    ]),
  )
})

test('a package holds compiled code only, imports nothing of the workspace, and is small', () => {
  const packages = join(folder, 'first/packages')
  expect(
    globSync('*/{apps,packages,scripts,src}/**/*{.test,.testing,.fuzz}.*', { cwd: packages }),
  ).toEqual([])
  const files = globSync('sockyard/**', { cwd: packages, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  expect(files.filter((path) => /(?<!\.d)\.ts$/.test(path))).toEqual([])
  for (const file of files.filter((path) => path.endsWith('.js')))
    expect(readFileSync(file, 'utf8')).not.toMatch(/(from |import\()'@sockyard\/|\.ts['"`]/)
  const sizes = files.map((path) => readFileSync(path).length)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_UNPACKED_BYTES)
})

describe.each([
  ['with koffi', []],
  ['without koffi', ['--omit=optional']],
])('sockyard, installed %s', (name, flags) => {
  let target = ''
  const env = { ...process.env, SOCKYARD_LOG_FORMAT: 'json', SOCKYARD_ADMIN_PORT: '0' }
  const command = (): string => join(target, 'node_modules/.bin/sockyard')
  const run = (...args: string[]) => spawnSync(command(), args, { encoding: 'utf8', env })
  /** By the file that bash-completion loads. */
  const completed = (word: string): string => {
    const file = join(target, 'node_modules/sockyard/share/bash-completion/completions/sockyard')
    const words = `COMP_WORDS=(sockyard ${word}); COMP_CWORD=1`
    const line = `source ${file}; ${words}; _sockyard; echo "\${COMPREPLY[@]}"`
    const path = `${dirname(command())}:${process.env['PATH']}`
    return spawnSync('bash', ['-c', line], { encoding: 'utf8', env: { ...env, PATH: path } }).stdout
  }
  const serve = (app: string, ...args: string[]): RunningApp =>
    new RunningApp(spawn(command(), [app, '--host', '127.0.0.1', '--port', '0', ...args], { env }))

  beforeAll(() => {
    target = install(name.replace(' ', '-'), tarballs().slice(0, 1), ...flags)
  }, PATIENCE)

  test('has koffi, or has it not', () => {
    expect(existsSync(join(target, 'node_modules/koffi'))).toBe(name === 'with koffi')
  })

  test('the bill of materials names everything that npm has installed', () => {
    const lock = readJson(join(target, 'node_modules/.package-lock.json'))
    const installed = Object.keys(lock.packages).map((path) => path.split('node_modules/').at(-1))
    const sbom = readJson(artefacts.find((file) => file.endsWith('.cdx.json')) ?? '')
    const names = sbom.components.map(({ group, name: bare }: { group?: string; name: string }) =>
      group === undefined ? bare : `${group}/${bare}`,
    )
    expect([...names, 'sockyard']).toEqual(expect.arrayContaining(installed))
    expect(sbom.metadata.component).toMatchObject({ name: 'sockyard', type: 'application' })
  })

  test('--help, list, man and completion', { timeout: PATIENCE }, () => {
    expect(run('--help')).toMatchObject({ status: 0, stderr: '' })
    expect(run('list').stdout).toContain('multicast-receiver')
    expect(run('man', 'chat').stdout).toContain('sockyard chat')
    expect(run('completion', 'bash')).toMatchObject({ status: 0, stderr: '' })
    expect(run('tcp-ehco')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('tcp-echo'),
    })
    expect(completed('tcp-ec')).toBe('tcp-echo\n')
    const { version } = readJson(join(root, 'package.json'))
    expect(run('tcp-echo', '--version').stdout).toBe(`tcp-echo ${version}\n`)
  })

  test('its list of services can be imported, with types', { timeout: PATIENCE }, () => {
    const lines = [
      "import { servicePorts } from 'sockyard'",
      'const ports: readonly number[] = servicePorts()',
      'process.stdout.write(String(ports.includes(3111)))',
    ]
    writeFileSync(join(target, 'ports.mts'), lines.join('\n'))
    expect(typeErrors(target, ['ports.mts'])).toBe('')
    expect(String(execFileSync(process.execPath, ['ports.mts'], { cwd: target }))).toBe('true')
  })

  test.each([
    ['tcp-echo', 'tcp'],
    ['udp-echo', 'udp'],
  ])('%s serves, and its ping measures', { timeout: PATIENCE }, async (app, transport) => {
    await using server = serve(app)
    const { port } = await server.listening(transport)
    const { status, stdout } = run(
      app,
      'ping',
      `127.0.0.1:${port}`,
      '-c',
      '3',
      '-i',
      '20ms',
      '--json',
    )
    expect(status).toBe(0)
    const end = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
    expect(end).toMatchObject({ event: 'end', data: { sent: 3, received: 3 } })
  })

  test('threads and processes find their compiled modules', { timeout: PATIENCE }, async () => {
    await using server = serve('tcp-echo', '--design', 'spawn', '--engine', 'node')
    const { port } = await server.listening('tcp')
    expect(run('tcp-echo', 'ping', `127.0.0.1:${port}`, '-c', '1').status).toBe(0)
  })

  test('chat welcomes a member', { timeout: PATIENCE }, async () => {
    await using server = serve('chat')
    const { port } = await server.listening('tcp')
    const socket = connect({ host: '127.0.0.1', port })
    expect(String((await once(socket, 'data'))[0])).not.toBe('')
    socket.destroy()
  })
})

describe('the libraries, installed by themselves', () => {
  const examples: string[] = []
  let target = ''

  beforeAll(() => {
    target = install('libraries', tarballs().slice(1))
    for (const path of globSync('node_modules/@sockyard/*/examples/*.ts', { cwd: target })) {
      const copied = `${basename(dirname(dirname(path)))}-${basename(path, '.ts')}.mts`
      copyFileSync(join(target, path), join(target, copied))
      examples.push(copied)
    }
  }, PATIENCE)

  test('their examples run', { timeout: PATIENCE }, () => {
    expect(examples.length).toBeGreaterThan(0)
    for (const path of examples) {
      const options = { cwd: target, encoding: 'utf8' } as const
      const { status, stderr } = spawnSync(process.execPath, [path], options)
      expect({ path, status, stderr }).toEqual({ path, status: 0, stderr: '' })
    }
  })

  test('everything that they export has types in another project', { timeout: PATIENCE }, () => {
    const exported = globSync('node_modules/@sockyard/*/package.json', { cwd: target })
      .map((path) => readJson(join(target, path)))
      .flatMap(({ name, exports }) => Object.keys(exports).map((topic) => join(name, topic)))
    expect(exported).toContain('@sockyard/sctp')
    const imports = exported.map((path, index) => `import * as export${index} from '${path}'\n`)
    writeFileSync(join(target, 'imports.mts'), imports.join(''))
    expect(typeErrors(target, ['imports.mts', ...examples])).toBe('')
  })
})
