import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

interface Packed {
  filename: string
}

/**
 * Packs a package with npm, which leaves out times and owners: the same sources give the same bytes.
 *
 * @returns the path of the tarball
 */
export function writeTarball(folder: string, out: string): string {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', out, folder]
  const report = execFileSync('npm', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return join(out, packedName(report))
}

/** npm up to 11 prints a list, later ones an object by package. */
function packedName(report: string): string {
  const [packed] = Object.values(JSON.parse(report) as Record<string, Packed>)
  if (packed === undefined) throw new Error(`npm pack wrote no package: ${report}`)
  return packed.filename
}
