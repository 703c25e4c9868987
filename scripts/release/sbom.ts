import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from '../source-tree.ts'
import type { Sources } from './sources.ts'

/** What we read of a CycloneDX document; the rest stays as it is. */
interface Sbom {
  serialNumber?: string
  metadata: { timestamp: string }
  components: { 'bom-ref': string }[]
  dependencies: { ref: string; dependsOn: string[] }[]
}

interface SbomOptions {
  /** Members of the workspace, as pnpm selects them: names, paths, `!` before what is left out. */
  members: readonly string[]
  type: 'application' | 'library'
  sources: Sources
}

/**
 * Writes the software bill of materials of members of the workspace: what npm installs for them, with the licenses, and
 * the hashes of the lockfile, in CycloneDX 1.6 (ECMA-424). The same sources give the same bytes.
 *
 * @returns the file
 */
export function writeSbom(file: string, { members, type, sources }: SbomOptions): string {
  const filters = members.flatMap((member) => ['--filter', member])
  const format = ['--sbom-format', 'cyclonedx', '--sbom-spec-version', '1.6', '--sbom-type', type]
  const pnpm = join(root, 'node_modules/.bin/pnpm')
  const text = execFileSync(pnpm, ['sbom', ...format, '--prod', ...filters], {
    cwd: root,
    encoding: 'utf8',
  })
  writeFileSync(file, `${JSON.stringify(reproducible(text, sources), null, 2)}\n`)
  return file
}

/** Without the number and the time of this run, in order, and with our version. */
function reproducible(text: string, { version, date }: Sources): Sbom {
  const sbom = JSON.parse(text, (_, value: unknown) =>
    typeof value === 'string' ? withVersion(value, version) : value,
  ) as Sbom
  delete sbom.serialNumber
  sbom.metadata.timestamp = date.toISOString()
  sbom.components.sort((one, other) => inOrder(one['bom-ref'], other['bom-ref']))
  sbom.dependencies.sort((one, other) => inOrder(one.ref, other.ref))
  for (const { dependsOn } of sbom.dependencies) dependsOn.sort(inOrder)
  return sbom
}

/** Members of the workspace have no version: pnpm writes 0.0.0, by itself and at the end of package URLs (purl). */
function withVersion(value: string, version: string): string {
  return value.replace(/^(pkg:npm\/[^@]+@)?0\.0\.0$/, `$1${version}`)
}

const inOrder = (one: string, other: string): number => (one < other ? -1 : 1)
