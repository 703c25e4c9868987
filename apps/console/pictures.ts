// Takes the pictures of README.md and docs/console.md: `node apps/console/pictures.ts`, while `sockyard up` runs.
import { fileURLToPath } from 'node:url'

import { chromium } from 'playwright-core'

const FOLDER = fileURLToPath(new URL('../../docs/pictures/', import.meta.url))
const PAGE = 'http://127.0.0.1:3080/'
/** To the middle of a TCP connection, the first experiment. */
const LAB_PRESSES = ['Run', ...Array.from({ length: 12 }, () => 'Next')]
const VIEWS = [
  { name: 'console-yard', hash: '', content: '.node.group', height: 780 },
  { name: 'console-measures', hash: '#measures', content: '.u-legend', height: 900 },
  { name: 'console-lab', hash: '#lab', presses: LAB_PRESSES, content: '.diagram', height: 900 },
]
/** Until traffic has been seen on every edge, and a chart has a line. */
const SETTLED_MILLIS = 8_000

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
})
for (const { name: view, hash, presses = [], content, height } of VIEWS) {
  const page = await browser.newPage({ viewport: { width: 1_100, height }, colorScheme: 'light' })
  await page.goto(`${PAGE}${hash}`)
  for (const name of presses) await page.getByRole('button', { name }).click()
  await page.locator(content).first().waitFor()
  await page.waitForTimeout(SETTLED_MILLIS)
  await page.screenshot({ path: `${FOLDER}${view}.png` })
}
await browser.close()
