import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

import { apps } from '@sockyard/catalog'

import { root } from '../source-tree.ts'
import { type Sboms, writeSbom } from './sbom.ts'
import type { Sources } from './sources.ts'

/**
 * Builds every image of docker-bake.hcl for this machine, labelled with its sources.
 *
 * @returns images.json, where docker has written their digests, and a bill of materials for each app
 */
export function writeImages(out: string, sboms: Sboms, sources: Sources): string[] {
  const { version, revision, date } = sources
  const digests = join(out, 'images.json')
  const args = ['buildx', 'bake', '--file', 'docker-bake.hcl', '--metadata-file', digests]
  const labels = { VERSION: version, REVISION: revision, CREATED: date.toISOString() }
  execFileSync('docker', args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...labels },
  })
  const bills = apps.map(({ name }) =>
    writeSbom(join(out, `image-${name}-${version}.cdx.json`), sboms.of(name), 'application'),
  )
  return [digests, ...bills]
}
