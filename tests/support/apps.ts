import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { apps as catalog } from '@sockyard/catalog'

const root = fileURLToPath(new URL('../../', import.meta.url))
const compose = readFileSync(`${root}/docker-compose.yml`, 'utf8')
const composed = new Set([...compose.matchAll(/APP: ([\w-]+)/g)].map(([, app]) => app))

/** Every app has an image. */
export const apps: readonly string[] = catalog.map(({ name }) => name)

/** Of the apps that serve; a tool has none. */
export const adminPorts: readonly number[] = catalog.flatMap(({ adminPort = [] }) => adminPort)

/** Those that docker-compose.yml does not run, and so does not build: tools. */
export const uncomposedApps: readonly string[] = apps.filter((app) => !composed.has(app))
