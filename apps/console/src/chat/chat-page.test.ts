import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { isBrowserMissing, launchBrowser, PATIENCE, violationsOn } from '../browser.testing.ts'
import { startChatAndConsole, TelnetUser } from './chat.testing.ts'

/** A busy machine may take long for the browser. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describe.skipIf(isBrowserMissing('chat-page.test.ts'))('the view Chat, in Chromium', () => {
  let browser: Browser
  let running: Awaited<ReturnType<typeof startChatAndConsole>>
  beforeAll(async () => {
    running = await startChatAndConsole()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await running[Symbol.asyncDispose]()
  })

  async function joinAs(
    name: string,
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<Page> {
    const page = await browser.newPage(options)
    page.setDefaultTimeout(PATIENCE.timeout)
    await page.goto(`http://127.0.0.1:${running.port}/#chat`)
    await page.getByLabel('Nickname').fill(name)
    await page.getByRole('button', { name: 'Join' }).click()
    await page.getByText(`is now ${name}`).waitFor()
    return page
  }

  test('a browser and telnet talk to each other, also after a reload, until it leaves', async () => {
    using anna = await TelnetUser.join(running.chatPort, 'anna')
    const page = await joinAs('zoe')
    await anna.hearsThat('zoe', 'joined')
    await page.getByLabel('Line', { exact: true }).fill('hello from a browser')
    await page.keyboard.press('Enter')
    await anna.hears('zoe: hello from a browser\n')
    await page.reload()
    await page.getByText('(you) hello from a browser').waitFor()
    anna.type('hello from telnet')
    await page.getByText('anna: hello from telnet').waitFor()
    expect(await page.locator('.lines p', { hasText: 'hello' }).allTextContents()).toEqual([
      '(you) hello from a browser',
      'anna: hello from telnet',
    ])
    await page.getByRole('button', { name: 'Leave' }).click()
    await anna.hearsThat('zoe', 'left')
    await page.getByRole('button', { name: 'Join' }).waitFor()
  })

  test('markup, turned text and control characters stay text, on both sides', async () => {
    using anna = await TelnetUser.join(running.chatPort, 'anna')
    const page = await joinAs('zoe')
    anna.type('<img src=x onerror=alert(1)>\u202Eabc\u0007\u200Bd')
    const line = page.locator('.lines p', { hasText: 'onerror' })
    await line.waitFor()
    expect(await line.textContent()).toBe(
      String.raw`anna: <img src=x onerror=alert(1)>abc\u{200b}d`,
    )
    expect(await page.locator('img').count()).toBe(0)
    await page.getByLabel('Line', { exact: true }).fill('<b>\u202E\u001B[2Jbold')
    await page.getByRole('button', { name: 'Send' }).click()
    await anna.hears('zoe: <b>[2Jbold\n')
    await page.getByRole('button', { name: 'Leave' }).click()
    await anna.hearsThat('zoe', 'left')
  })

  test.each([
    ['light', 1_280],
    ['dark', 390],
  ] as const)('axe finds nothing: %s, %i px', async (scheme, width) => {
    const viewport = { width, height: 800 }
    const page = await joinAs(scheme, { colorScheme: scheme, viewport, bypassCSP: true })
    await page.getByLabel('Line', { exact: true }).fill('a line')
    await page.keyboard.press('Enter')
    await page.getByText('(you) a line').waitFor()
    expect(await violationsOn(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    await page.getByRole('button', { name: 'Leave' }).click()
    await page.getByRole('button', { name: 'Join' }).waitFor()
    expect(await violationsOn(page)).toEqual([])
  })

  test('a name that is none, and a server that goes away, are said', async () => {
    const page = await browser.newPage()
    page.setDefaultTimeout(PATIENCE.timeout)
    await page.goto(`http://127.0.0.1:${running.port}/#chat`)
    await page.getByLabel('Nickname').fill('two words')
    await page.getByRole('button', { name: 'Join' }).click()
    await page.getByRole('alert').getByText('a name must be letters').waitFor()
    await page.getByLabel('Nickname').fill('zoe')
    await page.getByRole('button', { name: 'Join' }).click()
    await page.getByText('is now zoe').waitFor()
    running.chat.kill('SIGTERM')
    await page.getByText('* the server is shutting down').waitFor()
    await page.getByRole('button', { name: 'Join' }).waitFor()
    const alert = page.getByRole('alert')
    expect(await alert.textContent()).toBe('The chat server closed the connection.')
  })
})
