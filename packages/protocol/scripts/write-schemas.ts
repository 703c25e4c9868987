import { mkdirSync, rmSync, writeFileSync } from 'node:fs'

import { jsonSchemas } from '../src/results/json-schemas.ts'

/** Writes docs/schemas anew: `pnpm --filter @sockyard/protocol schemas`. */
const folder = new URL('../../../docs/schemas/', import.meta.url)
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
for (const [name, text] of jsonSchemas()) writeFileSync(new URL(name, folder), text)
