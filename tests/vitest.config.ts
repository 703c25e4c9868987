import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: 'support/images.ts',
    // One file after another: each starts a dozen containers, and measures.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Its cleaning container is an image of a registry; these tests clean up by themselves.
    env: { TESTCONTAINERS_RYUK_DISABLED: 'true' },
  },
})
