/**
 * Writes the options of every app between the markers of its README, and those of every server into
 * docs/options.md. With --check it writes nothing, and fails where they are not current.
 *
 *     node scripts/option-tables.ts [--check]
 */
import { apps } from '@sockyard/catalog'
import type { AppDescription } from '@sockyard/cli/command'
import { optionTable, SERVER_GROUPS } from '@sockyard/cli/documents'

import { loadApp } from './apps.ts'
import { type GeneratedDocument, withGeneratedPart, writeOrCheck } from './generated-part.ts'

/** The part of a README between its markers. */
export function appOptions(app: AppDescription): string {
  const byTable = Map.groupBy(app.commands, (command) =>
    optionTable(command, (group) => !isOfServer(group)),
  )
  const sections = [...byTable]
    .filter(([table]) => table.split('\n').length > 2)
    .flatMap(([table, commands]) => {
      const names = commands.map(({ name }) => name)
      return [`### Options of ${names.join(', ')}`, table]
    })
  const hasServer = app.commands.some(({ options }) => 'adminPort' in options.shape)
  const more = hasServer
    ? ['Those of every server are in [docs/options.md](../../docs/options.md).']
    : []
  return [...sections, ...more].join('\n\n')
}

/** The options that every server has; the admin port is another one in each. */
export async function serverOptions(): Promise<string> {
  const [command] = (await loadApp('tcp-echo')).commands
  return optionTable(command, isOfServer)
}

function isOfServer(group: string | undefined): boolean {
  return group !== undefined && SERVER_GROUPS.includes(group)
}

/** Every document with options, as it is and as it should be. */
export async function documents(): Promise<GeneratedDocument[]> {
  const parts: [string, string][] = [['docs/options.md', await serverOptions()]]
  for (const { name } of apps)
    parts.push([`apps/${name}/README.md`, appOptions(await loadApp(name))])
  const script = 'option-tables.ts'
  return parts.map(([path, part]) => withGeneratedPart(path, { name: 'options', script, part }))
}

if (import.meta.main) writeOrCheck(await documents())
