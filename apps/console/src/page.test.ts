import { existsSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

import { randomGroup } from '@sockyard/testkit/network'
import { type RunningApp, startApp } from '@sockyard/testkit/process'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startConsole } from './console.testing.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking']
const MAXIMUM_SCRIPT_BYTES = 60 * 1_024
const PATIENCE = { timeout: 40_000 }

const isMissing = !existsSync(CHROMIUM)
if (isMissing) process.stderr.write(`page.test.ts: skipped, there is no ${CHROMIUM}\n`)

describe.skipIf(isMissing)('the page, in Chromium', () => {
  let browser: Browser
  let receiver: RunningApp
  let running: Awaited<ReturnType<typeof startConsole>>
  beforeAll(async () => {
    const args = ['--interface', '127.0.0.1', '--group', randomGroup()]
    receiver = await startApp('multicast-receiver', args)
    const url = `http://127.0.0.1:${await receiver.adminPort()}`
    running = await startConsole(['--services', url])
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  })
  afterAll(async () => {
    await browser.close()
    await running.app[Symbol.asyncDispose]()
    await receiver[Symbol.asyncDispose]()
  })

  /** @param bypassCSP for axe, which is a script of ours and not of the page */
  async function open(
    scheme: 'light' | 'dark',
    width: number,
    hash = '',
    bypassCSP = false,
  ): Promise<Page> {
    const viewport = { width, height: 800 }
    const page = await browser.newPage({ colorScheme: scheme, viewport, bypassCSP })
    await page.goto(`http://127.0.0.1:${running.port}/${hash}`)
    return page
  }

  test('a member of a group that gets nothing is shown as one', async () => {
    const page = await open('light', 1_280)
    await page.locator('td', { hasText: 'nothing arrives' }).first().waitFor(PATIENCE)
    await page.locator('.node.service').first().press('Enter')
    expect(await page.locator('.details').textContent()).toContain('up since')
  })

  test.each([
    ['light', 1_280, ''],
    ['dark', 390, ''],
    ['light', 390, '#events'],
    ['dark', 1_280, '#events'],
  ] as const)('axe finds nothing: %s, %i px, %s', async (scheme, width, hash) => {
    const page = await open(scheme, width, hash, true)
    await page.locator('tbody tr').first().waitFor(PATIENCE)
    await page.evaluate(axe.source)
    const found = await page.evaluate('axe.run().then(({ violations }) => violations)')
    expect(found).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
  })

  test('the scripts of the first view are 60 KiB at most, gzipped', async () => {
    const page = await browser.newPage()
    const scripts: Promise<Buffer>[] = []
    page.on('response', (response) => {
      if (/\.m?js$/.test(response.url())) scripts.push(response.body())
    })
    await page.goto(`http://127.0.0.1:${running.port}/`)
    await page.locator('.node').first().waitFor(PATIENCE)
    const sizes = (await Promise.all(scripts)).map((body) => gzipSync(body).length)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAXIMUM_SCRIPT_BYTES)
  })

  test('markup and turned text of a peer stay text', async () => {
    const page = await open('light', 1_280)
    const node = {
      id: 'x',
      kind: 'peer',
      label: '<img src=x onerror=alert(1)>\u202Eabc\u0007',
      service: null,
      address: null,
    }
    const data = JSON.stringify({ nodes: [node], edges: [] })
    await page.route('**/api/stream', (route) =>
      route.fulfill({
        contentType: 'text/event-stream',
        body: `event: topology\ndata: ${data}\n\n`,
      }),
    )
    await page.reload()
    await page.locator('.node').first().press('Enter')
    expect(await page.locator('h3').textContent()).toBe(
      String.raw`<img src=x onerror=alert(1)>\u{202e}abc\u{7}`,
    )
    expect(await page.locator('img').count()).toBe(0)
  })
})
