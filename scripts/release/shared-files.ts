import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { apps } from '@sockyard/catalog'
import { manPage } from '@sockyard/cli/documents'

import { loadApps } from '../apps.ts'
import { sockyard } from '../sockyard.ts'
import { systemdUnits } from './systemd-units.ts'

/**
 * Shells load these at the first Tab after `sockyard`. What they run is as the installed version has it, and written out
 * it would be an eighth of the package.
 */
const COMPLETIONS = new Map([
  ['share/bash-completion/completions/sockyard', 'source <(sockyard completion bash)\n'],
  [
    'share/zsh/vendor-completions/_sockyard',
    '#compdef sockyard\nsource <(sockyard completion zsh)\n_sockyard "$@"\n',
  ],
  ['share/fish/vendor_completions.d/sockyard.fish', 'sockyard completion fish | source\n'],
])

/**
 * Writes what a system looks for below /usr, in the places of Debian: manual pages, completions, systemd units.
 *
 * @param folder the package, which gets `share` and `lib`
 * @param date of the manual pages
 * @returns the paths of the manual pages, for `man` in package.json
 */
export async function writeSharedFiles(folder: string, date: Date): Promise<string[]> {
  const described = await loadApps()
  const pages = new Map(
    [sockyard, ...described].map((app) => [
      `share/man/man1/${app === sockyard ? 'sockyard' : `sockyard-${app.name}`}.1`,
      manPage(app, date),
    ]),
  )
  const units = [...systemdUnits(apps)].map(([path, text]) => [`lib/systemd/system/${path}`, text])
  for (const [path = '', text = ''] of [...pages, ...COMPLETIONS, ...units]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return [...pages.keys()].map((path) => `./${path}`)
}
