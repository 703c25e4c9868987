import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

interface Packed {
  filename: string
}

/**
 * Packs packages with npm, which leaves out times and owners: the same sources give the same bytes. SHA256SUMS beside
 * them is for sha256sum(1) --check.
 *
 * @returns the paths of the tarballs
 */
export function writeTarballs(folders: readonly string[], out: string): string[] {
  const files = folders.map((folder) => {
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', out, folder]
    const report = execFileSync('npm', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return join(out, packedName(report))
  })
  const sums = files.map((file) => `${sha256(file)}  ${basename(file)}\n`)
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''))
  return files
}

/** npm up to 11 prints a list, later ones an object by package. */
function packedName(report: string): string {
  const [packed] = Object.values(JSON.parse(report) as Record<string, Packed>)
  if (packed === undefined) throw new Error(`npm pack wrote no package: ${report}`)
  return packed.filename
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
