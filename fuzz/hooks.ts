import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { COUNTERS, instrument } from './instrument.ts'

/** More branches than the yard has. */
const MAXIMUM_BRANCHES = 65_536
const ROOT = pathToFileURL(`${dirname(import.meta.dirname)}/`).href

/** The counters of all instrumented code, and the literals in it. */
export interface Instrumentation {
  counters: Uint8Array
  /** How many counters are in use; it grows as modules are loaded. */
  branches: () => number
  literals: ReadonlySet<string | number>
}

/**
 * From now on this thread instruments what it loads of `packages` and `apps`; what is installed, and what is loaded
 * already, stays as it is.
 */
export function instrumentImports(): Instrumentation {
  const counters = new Uint8Array(MAXIMUM_BRANCHES)
  const literals = new Set<string | number>()
  let branches = 0
  Object.assign(globalThis, { [COUNTERS]: counters })
  registerHooks({
    load(url, context, nextLoad) {
      if (!isOurs(url)) return nextLoad(url, context)
      const path = fileURLToPath(url)
      const plain = stripTypeScriptTypes(readFileSync(path, 'utf8'))
      const made = instrument(plain, `${path}.js`, branches)
      branches += made.branches
      for (const each of made.literals) literals.add(each)
      return { format: 'module', source: made.code, shortCircuit: true }
    },
  })
  return { counters, branches: () => branches, literals }
}

/** The targets themselves are not code under test: their branches would lead astray. */
function isOurs(url: string): boolean {
  const path = url.startsWith(ROOT) ? url.slice(ROOT.length) : ''
  return (
    /^(?:(?:packages|apps)\/(?!testkit\/)[^/]+\/src|fuzz\/fixtures)\/.*\.ts$/.test(path) &&
    !path.endsWith('.fuzz.ts')
  )
}
