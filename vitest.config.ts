import { defineConfig } from 'vitest/config'

/** `vitest` at the top runs every project; `vitest run` inside a folder runs that one. */
export default defineConfig({
  test: { projects: ['packages/*', 'apps/*', 'bench', 'deploy', 'fuzz', 'scripts', 'tests'] },
})
