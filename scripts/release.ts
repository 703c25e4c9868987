// Makes everything of a release, up to the upload, in dist/: `node scripts/release.ts`.
import { writePackages } from './release/packages.ts'
import { writeTarballs } from './release/tarballs.ts'
import { root } from './source-tree.ts'

for (const file of writeTarballs(await writePackages(`${root}/dist/packages`), `${root}/dist`))
  process.stdout.write(`${file}\n`)
