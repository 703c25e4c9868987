/**
 * Writes the table of the services between the markers of README.md, from the catalog. With --check it writes nothing,
 * and fails where the table is not current.
 *
 *     node scripts/service-table.ts [--check]
 */
import { apps } from '@sockyard/catalog'
import { markdownTable } from '@sockyard/cli/documents'

import { type GeneratedDocument, withGeneratedPart, writeOrCheck } from './generated-part.ts'

type App = (typeof apps)[number]

const HEADING = ['service', 'listens on', 'what it does', 'its client', 'admin']

/** README.md, as it is and as it should be. */
export function serviceDocument(): GeneratedDocument {
  const part = markdownTable([HEADING, ...apps.map(rowOf)])
  return withGeneratedPart('README.md', { name: 'services', script: 'service-table.ts', part })
}

function rowOf(app: App): string[] {
  const { name, summary, client, adminPort } = app
  return [`[${name}](apps/${name})`, listensOn(app), summary, client, String(adminPort ?? '')]
}

/** `tcp and udp 3013, 3037`; a receiver has its groups before that, a sender has nothing else. */
function listensOn({ endpoints, groups }: App): string {
  const transportsOf = Map.groupBy(endpoints, ({ port }) => port)
  const portsOf = Map.groupBy(transportsOf, ([, each]) =>
    each.map(({ transport }) => transport).join(' and '),
  )
  const ports = [...portsOf].map(
    ([transports, each]) => `${transports} ${each.map(([port]) => port).join(', ')}`,
  )
  if (ports.length > 0) return [...groups, ...ports].join(', ')
  return groups.length > 0 ? `sends to ${groups.join(', ')}` : 'nothing'
}

if (import.meta.main) writeOrCheck([serviceDocument()])
