import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { root } from '../source-tree.ts'
import type { Sources } from './sources.ts'

/** A software bill of materials in CycloneDX (ECMA-424): what we read of it, the rest stays as it is. */
interface Sbom {
  serialNumber?: string
  metadata: { timestamp: string; component: { type: string; 'bom-ref': string } }
  components: { 'bom-ref': string }[]
  dependencies: Dependency[]
}

interface Dependency {
  ref: string
  dependsOn: string[]
}

/** The bills of materials of the members of the workspace: what npm installs for each. */
export class Sboms {
  readonly #sboms: ReadonlyMap<string, Sbom>

  constructor(sources: Sources) {
    this.#sboms = readSboms(sources)
  }

  /** @param name that of the package, without `@` and with `-` for `/`; `sockyard` is the top of the workspace */
  of(name: string): Sbom {
    const sbom = this.#sboms.get(name)
    if (sbom === undefined) throw new Error(`pnpm sbom wrote none for ${name}`)
    return sbom
  }
}

/** As pnpm writes them, with the licenses, and the hashes of the lockfile. */
function readSboms(sources: Sources): Map<string, Sbom> {
  const folder = mkdtempSync(join(tmpdir(), 'sockyard-sbom-'))
  const format = ['--sbom-format', 'cyclonedx', '--sbom-spec-version', '1.6']
  // In one document for several members, pnpm 12.21 leaves out the dependencies of some, and not always of the same.
  const separate = ['--split', '--out', join(folder, '%s.json')]
  const members = ['.', './apps/*', './packages/*', './scripts'].flatMap((path) => [
    '--filter',
    path,
  ])
  const pnpm = join(root, 'node_modules/.bin/pnpm')
  try {
    execFileSync(pnpm, ['sbom', '--prod', ...format, ...separate, ...members], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    return new Map(
      readdirSync(folder).map((file) => [
        basename(file, '.json'),
        reproducible(readFileSync(join(folder, file), 'utf8'), sources),
      ]),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** One for what consists of several members: it depends on what each of them depends on. */
export function mergedSbom(whole: Sbom, parts: readonly Sbom[]): Sbom {
  const all = [whole, ...parts]
  const { 'bom-ref': ref } = whole.metadata.component
  const components = all.flatMap((part) =>
    part.components.map((each) => [each['bom-ref'], each] as const),
  )
  const isPart = new Set(all.map((part) => part.metadata.component['bom-ref']))
  const dependencies = all.flatMap((part) => part.dependencies)
  const [ofParts = [], others = []] = [true, false].map((wanted) =>
    dependencies.filter((each) => isPart.has(each.ref) === wanted),
  )
  const dependsOn = [...new Set(ofParts.flatMap((each) => each.dependsOn))]
  return inOrder({
    ...whole,
    components: [...new Map(components).values()],
    dependencies: [...new Map(others.map((each) => [each.ref, each])).values(), { ref, dependsOn }],
  })
}

/** @returns the file */
export function writeSbom(file: string, sbom: Sbom, type: 'application' | 'library'): string {
  const component = { ...sbom.metadata.component, type }
  const document = { ...sbom, metadata: { ...sbom.metadata, component } }
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`)
  return file
}

/** Without the number and the time of this run, in order, and with our version: the same sources, the same bytes. */
function reproducible(text: string, { version, date }: Sources): Sbom {
  const { serialNumber: _, ...sbom } = JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' ? withVersion(value, version) : value,
  ) as Sbom
  return inOrder({ ...sbom, metadata: { ...sbom.metadata, timestamp: date.toISOString() } })
}

/** Members of the workspace have no version: pnpm writes 0.0.0, by itself and at the end of package URLs (purl). */
function withVersion(value: string, version: string): string {
  return value.replace(/^(pkg:npm\/[^@]+@)?0\.0\.0$/, `$1${version}`)
}

const byText = (one: string, other: string): number => (one < other ? -1 : 1)

function inOrder(sbom: Sbom): Sbom {
  return {
    ...sbom,
    components: sbom.components.toSorted((one, other) => byText(one['bom-ref'], other['bom-ref'])),
    dependencies: sbom.dependencies
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.toSorted(byText) }))
      .toSorted((one, other) => byText(one.ref, other.ref)),
  }
}
