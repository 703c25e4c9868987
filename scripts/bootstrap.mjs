// Runs a command of this repository on the right pnpm and the right Node, on a machine that
// has only some Node (20 or later) and npm:  node scripts/bootstrap.mjs COMMAND [ARGUMENT ...]
// Plain JavaScript, because the Node that starts it may not run TypeScript yet.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const binaries = join(root, 'node_modules', '.bin')
const stampFile = join(root, 'node_modules', '.installed-from')

function manifestsIn(group) {
  return readdirSync(join(root, group)).map((name) => join(group, name, 'package.json'))
}

/** What an installation depends on: the lockfile, the workspace file and every package.json. */
function installInputs() {
  const manifests = [
    'package.json',
    'bench/package.json',
    'deploy/package.json',
    'fuzz/package.json',
    'scripts/package.json',
    'tests/package.json',
    ...manifestsIn('apps'),
    ...manifestsIn('packages'),
  ]
  return ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests].filter((file) =>
    existsSync(join(root, file)),
  )
}

function installStamp() {
  const hash = createHash('sha256')
  for (const file of installInputs()) hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function isInstalled(stamp) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
}

function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const { status } = spawnSync('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], {
    cwd: root,
    stdio: 'inherit',
  })
  return status ?? 1
}

/** Container tests report themselves skipped where there is no Docker: a result that must not be cached for where there is. */
function dockerState() {
  return spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0 ? 'present' : 'absent'
}

function run([command, ...args]) {
  const env = {
    ...process.env,
    PATH: `${binaries}:${process.env.PATH}`,
    TURBO_TELEMETRY_DISABLED: '1',
    ...(command === 'turbo' && { DOCKER_STATE: dockerState() }),
  }
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 1 : (code ?? 1)
  })
}

const stamp = installStamp()
const status = isInstalled(stamp) ? 0 : install()
if (status === 0) {
  // Even when it is the same: the command `sockyard` compares its time with that of the lockfile.
  writeFileSync(stampFile, stamp)
  run(process.argv.slice(2))
} else process.exitCode = status
