/**
 * Makes everything of a release, up to the upload, in dist/.
 *
 *     node scripts/release.ts [--images]
 */
import { mkdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

import { writeChecksums } from './release/checksums.ts'
import { writeImages } from './release/images.ts'
import { writePackages } from './release/packages.ts'
import { writeSbom } from './release/sbom.ts'
import { describeSources, type Sources } from './release/sources.ts'
import { writeTarball } from './release/tarball.ts'
import { root } from './source-tree.ts'

/** What the command consists of. */
const COMMAND = ['./apps/*', './packages/*', '!@sockyard/testkit', '@sockyard/scripts']

/**
 * Writes the packages with their bills of materials, the images when told so, and the checksums of it all.
 *
 * @returns the files; the tarball of the command is the first
 */
export async function writeRelease(out: string, withImages = false): Promise<string[]> {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const sources = describeSources()
  const folders = await writePackages(join(out, 'packages'), sources)
  const files = [
    ...folders.flatMap((folder) => writeArtefacts(folder, out, sources)),
    ...(withImages ? writeImages(out, sources) : []),
  ]
  writeChecksums(files, out)
  return files
}

/** The tarball of a package, and its bill of materials beside it. */
function writeArtefacts(folder: string, out: string, sources: Sources): string[] {
  const tarball = writeTarball(folder, out)
  const name = basename(folder)
  const isCommand = name === 'sockyard'
  const sbom = writeSbom(tarball.replace('.tgz', '.cdx.json'), {
    members: isCommand ? COMMAND : [`@sockyard/${name}`],
    type: isCommand ? 'application' : 'library',
    sources,
  })
  return [tarball, sbom]
}

if (import.meta.main)
  for (const file of await writeRelease(join(root, 'dist'), process.argv.includes('--images')))
    process.stdout.write(`${file}\n`)
