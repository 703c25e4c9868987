import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

import { randomGroup } from '@sockyard/testkit/network'
import { type RunningApp, startApp } from '@sockyard/testkit/process'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { isBrowserMissing, launchBrowser, PATIENCE, violationsOn } from './browser.testing.ts'
import { startConsole } from './console.testing.ts'

const MAXIMUM_SCRIPT_BYTES = 60 * 1_024

describe.skipIf(isBrowserMissing('page.test.ts'))('the page, in Chromium', () => {
  let browser: Browser
  let receiver: RunningApp
  let running: Awaited<ReturnType<typeof startConsole>>
  beforeAll(async () => {
    const args = ['--interface', '127.0.0.1', '--group', randomGroup()]
    receiver = await startApp('multicast-receiver', args)
    const url = `http://127.0.0.1:${await receiver.adminPort()}`
    running = await startConsole(['--services', url])
    browser = await launchBrowser()
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
    const details = page.locator('.details')
    expect(await details.textContent()).toContain('up since')
    await details.getByText('Socket options').click()
    await details
      .getByRole('rowheader', { name: 'SO_RCVBUF', exact: true })
      .first()
      .waitFor(PATIENCE)
    await details.getByText('Log', { exact: true }).click()
    await details.locator('li', { hasText: 'listening' }).first().waitFor(PATIENCE)
  })

  test.each([
    ['light', 1_280, ''],
    ['dark', 390, ''],
    ['light', 390, '#events'],
    ['dark', 1_280, '#events'],
    ['light', 1_280, '#measures'],
    ['dark', 390, '#measures'],
  ] as const)('axe finds nothing: %s, %i px, %s', async (scheme, width, hash) => {
    const page = await open(scheme, width, hash, true)
    const content = hash === '#measures' ? '.u-legend' : 'tbody tr'
    await page.locator(content).first().waitFor(PATIENCE)
    expect(await violationsOn(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
  })

  test('a chart is saved as CSV and PNG, and the same history is there after a reload', async () => {
    const page = await open('light', 1_280, '#measures')
    const memory = page.locator('.measure', { hasText: 'process_resident_memory_bytes' })
    await memory.locator('.u-legend').waitFor(PATIENCE)
    const valuesAt = async (): Promise<Map<string, string>> => {
      const [saved] = await Promise.all([
        page.waitForEvent('download', PATIENCE),
        memory.getByRole('button', { name: 'CSV' }).click(),
      ])
      const lines = readFileSync(await saved.path(), 'utf8')
        .trim()
        .split('\r\n')
      const rows = lines.map((line) => line.split(',') as [string, string])
      return new Map(rows.filter(([, value]) => value !== ''))
    }
    await expect.poll(async () => (await valuesAt()).size, PATIENCE).toBeGreaterThan(2)
    const before = await valuesAt()
    await page.reload()
    await memory.locator('.u-legend').waitFor(PATIENCE)
    await expect
      .poll(async () => {
        const after = await valuesAt()
        return [...before].slice(0, -1).every(([time, value]) => after.get(time) === value)
      }, PATIENCE)
      .toBe(true)
    const [picture] = await Promise.all([
      page.waitForEvent('download', PATIENCE),
      memory.getByRole('button', { name: 'PNG' }).click(),
    ])
    expect(
      readFileSync(await picture.path())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
  })

  test('what a part of a chart shows is chosen with the mouse, and given up by a button', async () => {
    const page = await open('light', 1_280, '#measures')
    const chart = page.locator('.u-over').first()
    const box = await chart.boundingBox(PATIENCE)
    const { x, y, width, height } = box ?? { x: 0, y: 0, width: 0, height: 0 }
    await page.mouse.move(x + width / 4, y + height / 2)
    await page.mouse.down()
    await page.mouse.move(x + width / 2, y + height / 2, { steps: 5 })
    await page.mouse.up()
    const length = page.getByLabel('Length')
    await expect.poll(async () => Number(await length.inputValue()), PATIENCE).toBeLessThan(100)
    await page.getByRole('button', { name: 'Now' }).click()
    await expect.poll(() => length.inputValue(), PATIENCE).toBe('300')
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
