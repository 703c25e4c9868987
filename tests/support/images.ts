import { whyNoDocker } from '@sockyard/testkit/docker'

import { uncomposedApps } from './apps.ts'
import { docker } from './docker.ts'

/** Builds the image of every app, that of all apps, and those of the foreign peers, once for all tests. */
export default async function buildImages(): Promise<void> {
  // The suites say so themselves.
  if (whyNoDocker() !== undefined) return
  await docker(['compose', '--profile', 'survey', 'build', '--quiet'])
  const bake = ['buildx', 'bake', '--file', 'docker-bake.hcl', '--progress', 'quiet']
  await docker([...bake, ...uncomposedApps, 'sockyard'])
  await docker(['build', '--quiet', '--tag', 'sockyard/peers', 'tests/peers'])
  await docker(['build', '--quiet', '--tag', 'sockyard/sctp-peers', 'tests/sctp-peers'])
  // It holds apps, out of the images that were built first.
  await docker(['build', '--quiet', '--tag', 'sockyard/manager-peers', 'tests/manager-peers'])
}
