import { readFileSync } from 'node:fs'

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { isBrowserMissing, launchBrowser, PATIENCE, violationsOn } from '../browser.testing.ts'
import { startConsole } from '../console.testing.ts'

/** Each starts a process, which a busy machine may take long for. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const explanation = (page: Page) => page.locator('.explanation')
const lifelines = (page: Page) => page.locator('.heads text')

const RUN_WITH_A_PACKET = {
  experiment: 'connection',
  about: '',
  lesson: '',
  steps: [
    {
      at: '2026-01-01T00:00:00.000000Z',
      step: 1,
      who: 'client',
      call: 'connect',
      arguments: ['127.0.0.1:51223'],
      returned: 0,
      errno: null,
      got: null,
      why: '',
      packets: [
        {
          protocol: 'tcp',
          source: '127.0.0.1:50930',
          destination: '127.0.0.1:51223',
          about: 'SYN',
          length: 60,
          bytes: Buffer.from('SYN').toString('base64'),
        },
      ],
    },
  ],
}

async function savedBy(page: Page, name: string): Promise<Buffer> {
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name }).click(),
  ])
  return readFileSync(await saved.path())
}

/** Of a pcapng file, as the length at the beginning of each says. */
function blocksOf(file: Buffer): { type: number; bytes: Buffer }[] {
  if (file.length === 0) return []
  const length = file.readUInt32LE(4)
  const bytes = file.subarray(0, length)
  expect(bytes.readUInt32LE(length - 4)).toBe(length)
  return [{ type: bytes.readUInt32LE(0), bytes }, ...blocksOf(file.subarray(length))]
}

describe.skipIf(isBrowserMissing('lab-page.test.ts'))('the view Lab, in Chromium', () => {
  let browser: Browser
  let running: Awaited<ReturnType<typeof startConsole>>
  beforeAll(async () => {
    running = await startConsole()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await running.app[Symbol.asyncDispose]()
  })

  /** The view, with a run of an experiment. */
  async function openWith(
    experiment: string,
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<Page> {
    const page = await browser.newPage(options)
    page.setDefaultTimeout(PATIENCE.timeout)
    await page.goto(`http://127.0.0.1:${running.port}/#lab`)
    await page.getByLabel('Experiment').selectOption(experiment)
    await page.getByRole('button', { name: 'Run' }).click()
    await page.locator('.diagram').waitFor()
    return page
  }

  test('a run is gone through step by step, with buttons and with keys', async () => {
    const page = await openWith('peek')
    expect(await lifelines(page).allTextContents()).toEqual(['client', 'kernel', 'server'])
    await explanation(page).getByText('Step 1 of 8: client send("hello", 5, 0) = 5').waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await explanation(page).getByText('The first three bytes, left in the buffer …').waitFor()
    expect(await page.locator('.step.current').textContent()).toContain('= 3 "hel"')
    expect(await page.locator('li[aria-current=step]').textContent()).toContain('= 3 "hel"')
    await page.keyboard.press('End')
    await explanation(page).getByText('Step 8 of 8').waitFor()
    const isInSight = `(() => {
      const region = document.querySelector('.scroll:has(.heads)')
      const heads = document.querySelector('.heads').getBoundingClientRect()
      return region.scrollTop > 0 && heads.top >= region.getBoundingClientRect().top - 1
    })()`
    await expect.poll(() => page.evaluate(isInSight), PATIENCE).toBe(true)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowLeft')
    await explanation(page).getByText('Step 7 of 8').waitFor()
  })

  test('a film goes on by itself until it is halted', async () => {
    const page = await openWith('connection')
    await page.getByRole('button', { name: 'Play' }).click()
    await explanation(page).getByText('Step 2 of 21').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Play' }).waitFor()
    expect(await explanation(page).textContent()).not.toContain('Step 1 of 21')
  })

  test('processes are drawn with their parents', async () => {
    const page = await openWith('fork')
    expect(await lifelines(page).allTextContents()).toEqual([
      'kernel',
      '0',
      '0.0',
      '0.0.1',
      '0.0.1.2',
      '0.0.2',
      '0.1',
      '0.1.2',
      '0.2',
    ])
  })

  test('the diagram is saved as an SVG file and as text for Mermaid', async () => {
    const page = await openWith('backlog')
    expect((await savedBy(page, 'Mermaid')).toString().split('\n')).toEqual(
      expect.arrayContaining([
        'sequenceDiagram',
        '    participant p5 as server',
        '    p5->>p4: listen(1)',
        '    p4-->>p2: = -1 EAGAIN',
      ]),
    )
    const svg = (await savedBy(page, 'SVG')).toString()
    const alone = await browser.newPage()
    await alone.setContent(`<img src="data:image/svg+xml,${encodeURIComponent(svg)}">`)
    expect(
      await alone.locator('img').evaluate((image) => image.decode().then(() => image.width)),
    ).toBeGreaterThan(500)
  })

  test('packets that were recorded are shown, and saved as pcapng', async () => {
    const page = await openWith('peek')
    await page.route('**/api/lab?*', (route) => route.fulfill({ json: RUN_WITH_A_PACKET }))
    await page.getByRole('button', { name: 'Run' }).click()
    await page.locator('.packet', { hasText: ':50930 → :51223 SYN' }).waitFor()
    await page.locator('li', { hasText: 'TCP 127.0.0.1:50930 → 127.0.0.1:51223 SYN' }).waitFor()
    const blocks = blocksOf(await savedBy(page, 'pcapng'))
    expect(blocks.map(({ type }) => type)).toEqual([0x0a0d0d0a, 1, 6])
    // Behind the header of the block and its five words: the packet as it was recorded.
    expect(blocks[2]?.bytes.subarray(28, 31)).toEqual(Buffer.from('SYN'))
  })

  test.each([
    ['light', 1_280],
    ['dark', 390],
  ] as const)('axe finds nothing: %s, %i px', async (colorScheme, width) => {
    const viewport = { width, height: 800 }
    const page = await openWith('connection', { colorScheme, viewport, bypassCSP: true })
    expect(await violationsOn(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
  })

  test('a run that is refused says why; markup and turned text stay text', async () => {
    const page = await openWith('peek')
    await page.route('**/api/lab?*', (route) =>
      route.fulfill({ status: 409, body: 'an experiment runs: try again\n' }),
    )
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByRole('alert').getByText('an experiment runs').waitFor()
    const hostile = '<img src=x onerror=alert(1)>\u202Eabc'
    const step = { step: 1, who: hostile, call: hostile, arguments: [hostile], returned: 0 }
    const at = '2026-01-01T00:00:00.000000Z'
    const steps = [{ ...step, at, errno: null, got: hostile, why: hostile, packets: [] }]
    await page.route('**/api/lab?*', (route) =>
      route.fulfill({ json: { experiment: 'peek', about: '', steps, lesson: hostile } }),
    )
    await page.getByRole('button', { name: 'Run' }).click()
    await explanation(page)
      .getByText(String.raw`\u{202e}abc`)
      .first()
      .waitFor()
    expect(await page.locator('main').textContent()).not.toContain('\u202E')
    expect(await page.locator('main img').count()).toBe(0)
  })
})
