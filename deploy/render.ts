// Writes the manifests of kustomize: the chart as it is without any value, and without what only helm reads.
//     node deploy/render.ts
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { parseAllDocuments, stringify } from 'yaml'

import { helm } from './tools.ts'

/** What a manifest has of what is looked at here. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; labels: Record<string, unknown>; annotations?: Record<string, string> }
  spec?: { template?: { metadata: { labels: Record<string, unknown> }; spec: object } }
}

/** The chart, rendered with these values. */
export function render(release: string, ...args: readonly string[]): Manifest[] {
  const chart = fileURLToPath(new URL('helm/sockyard', import.meta.url))
  const rendered = helm('template', release, chart, '--namespace', 'network', ...args)
  return parseAllDocuments(rendered)
    .map((document) => document.toJS() as Manifest | null)
    .filter((each) => each !== null)
}

/** By file of deploy/kustomize, its text. */
export function kustomizeFiles(): Map<string, string> {
  const all = render('sockyard', '--namespace', 'sockyard').map((each) => withoutHelm(each))
  const agents = all.filter(({ kind }) => kind === 'DaemonSet' || kind === 'Service')
  const mesh = all.filter(({ kind }) => kind === 'Job')
  const head = '# Written by deploy/render.ts from the chart.\n'
  const text = (some: readonly object[]): string =>
    head + some.map((each) => stringify(each)).join('---\n')
  return new Map([
    ['agents.yaml', text(agents)],
    ['mesh/job.yaml', text(mesh)],
  ])
}

function withoutHelm(manifest: Manifest): Manifest {
  const { metadata, spec } = manifest
  delete metadata.annotations
  for (const labels of [metadata.labels, spec?.template?.metadata.labels ?? {}])
    for (const label of ['helm.sh/chart', 'app.kubernetes.io/managed-by']) delete labels[label]
  return manifest
}

if (import.meta.main)
  for (const [file, text] of kustomizeFiles())
    writeFileSync(new URL(`kustomize/${file}`, import.meta.url), text)
