import { existsSync } from 'node:fs'

import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking']

/** How long something may take to be seen. */
export const PATIENCE = { timeout: 40_000 }

/** Says so once for each file of tests. */
export function isBrowserMissing(file: string): boolean {
  const isMissing = !existsSync(CHROMIUM)
  if (isMissing) process.stderr.write(`${file}: skipped, there is no ${CHROMIUM}\n`)
  return isMissing
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}

/** What axe finds on a page that was opened with bypassCSP, for axe is a script of ours and not of the page. */
export async function violationsOn(page: Page): Promise<unknown> {
  await page.evaluate(axe.source)
  return page.evaluate('axe.run().then(({ violations }) => violations)')
}
