/**
 * Makes everything of a release, up to the upload, in dist/.
 *
 *     node scripts/release.ts [--images]
 */
import { mkdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

import { apps } from '@sockyard/catalog'

import { writeChecksums } from './release/checksums.ts'
import { writeImages } from './release/images.ts'
import { writePackages } from './release/packages.ts'
import { mergedSbom, Sboms, writeSbom } from './release/sbom.ts'
import { describeSources } from './release/sources.ts'
import { writeTarball } from './release/tarball.ts'
import { root } from './source-tree.ts'

/**
 * Writes the packages with their bills of materials, the images when told so, and the checksums of it all.
 *
 * @returns the files; the tarball of the command is the first
 */
export async function writeRelease(out: string, withImages = false): Promise<string[]> {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const sources = describeSources()
  const sboms = new Sboms(sources)
  const folders = await writePackages(join(out, 'packages'), sources)
  const files = [
    ...folders.flatMap((folder) => writeArtefacts(folder, out, sboms)),
    ...(withImages ? writeImages(out, sboms, sources) : []),
  ]
  writeChecksums(files, out)
  return files
}

/** The tarball of a package, and its bill of materials beside it. */
function writeArtefacts(folder: string, out: string, sboms: Sboms): string[] {
  const tarball = writeTarball(folder, out)
  const file = tarball.replace('.tgz', '.cdx.json')
  const name = basename(folder)
  if (name !== 'sockyard')
    return [tarball, writeSbom(file, sboms.of(`sockyard-${name}`), 'library')]
  const parts = [...apps.map((app) => app.name), 'sockyard-scripts'].map((part) => sboms.of(part))
  return [tarball, writeSbom(file, mergedSbom(sboms.of('sockyard'), parts), 'application')]
}

if (import.meta.main)
  for (const file of await writeRelease(join(root, 'dist'), process.argv.includes('--images')))
    process.stdout.write(`${file}\n`)
