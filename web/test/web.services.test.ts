import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import axe from 'axe-core'
import { freePort } from '@chat-app/sandbox-servers'
import * as api from '@chat-app/services/client'
import { eventually } from '@chat-app/testing'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// npm start as a user runs it, and the page in a real browser.

const START = join(import.meta.dirname, '..', '..', 'sandbox', 'start', 'src')
/** To a browser it is not this machine, so that a page of it without TLS may use less. */
const PLAIN_HOST = 'chat.test'
const CHROMIUM = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find((path) => existsSync(path))
/** A limit of one action. It finds a page that hangs. */
const ACTION_TIMEOUT_MS = 60_000
/** More than two pages of a history. */
const LATER_MESSAGES = 120

describe.skipIf(CHROMIUM === undefined)('the chat on this machine (it needs chromium on PATH)', () => {
  let folder: string
  let program: ChildProcess
  let output = ''
  let url: string
  let firstPort: number
  let browser: Browser

  const env = () => ({ ...process.env, CHAT_APP_SANDBOX_STATE: folder })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-app-start-'))
    firstPort = await sixFreePorts()
    const ports = ['--port', String(await freePort()), '--first-port', String(firstPort)]
    program = spawn(process.execPath, [join(START, 'main.ts'), ...ports], { env: env() })
    for (const stream of [program.stdout, program.stderr])
      stream?.on('data', (data: Buffer) => (output += data.toString()))
    await eventually(() => {
      if (program.exitCode !== null) throw new Error(output)
      url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? ''
      if (url === '') throw new Error(`it has not printed its address: ${output}`)
    })
    browser = await chromium.launch({
      executablePath: CHROMIUM ?? '',
      args: ['--no-sandbox', `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`],
    })
  })

  afterAll(async () => {
    await browser?.close()
    if (program.exitCode === null && program.kill('SIGKILL')) await once(program, 'exit')
    await rm(folder, { recursive: true })
  })

  /** A window of its own browser. */
  async function open(address = url): Promise<{ context: BrowserContext; page: Page; faults: string[] }> {
    const context = await browser.newContext({ locale: 'en' })
    context.setDefaultTimeout(ACTION_TIMEOUT_MS)
    const page = await context.newPage()
    const faults: string[] = []
    page.on('pageerror', ({ message }) => faults.push(message))
    await page.goto(address)
    return { context, page, faults }
  }

  async function register(page: Page, name: string): Promise<void> {
    await page.getByRole('button', { name: 'Create an account' }).click()
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password').fill(`seven green ladders ${name}`)
    await page.locator('form button.primary').click()
    await page.getByText('You are in no room yet').waitFor()
  }

  async function write(page: Page, text: string): Promise<void> {
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByLabel('Write a message').fill(text)
    await page.keyboard.press('Enter')
  }

  test('two people sign up, chat, reload, are offline and come back, and nothing is lost', async () => {
    const [anna, bo] = await Promise.all([open(), open()])
    await Promise.all([register(anna.page, 'anna'), register(bo.page, 'bo')])
    await anna.page.getByRole('button', { name: 'New conversation' }).click()
    await anna.page.getByLabel('User name').fill('bo')
    await anna.page.getByRole('button', { name: 'Open', exact: true }).click()
    await write(anna.page, 'Hello @bo')
    // The room appears in the other list without a reload.
    await bo.page.getByRole('button', { name: /anna/ }).click()
    await bo.page.getByText('Hello @bo').waitFor()
    await anna.page.getByText('✓✓ Read').waitFor()

    await write(anna.page, 'The plan is <b>at</b> https://example.org/plan?a=b, and not at javascript:alert(1).')
    const link = bo.page.locator('.message a')
    await link.waitFor()
    expect(await link.getAttribute('href')).toBe('https://example.org/plan?a=b')
    expect(await link.getAttribute('rel')).toContain('noopener noreferrer')
    expect(await bo.page.locator('.text', { hasText: '<b>at</b>' }).count()).toBe(1)

    await write(bo.page, 'Hello yourself')
    const row = anna.page.locator('.message', { hasText: 'Hello yourself' })
    await row.hover()
    await row.getByLabel('React', { exact: true }).click()
    await row.getByLabel('React 👍').click()
    await bo.page.getByLabel('👍 1').waitFor()

    await anna.page.reload()
    await anna.page.getByRole('button', { name: /bo/ }).click()
    await anna.page.getByText('Hello yourself').waitFor()

    await bo.context.setOffline(true)
    await write(bo.page, 'Written without a connection')
    await bo.page.getByText('Waiting to be sent').waitFor()
    await write(anna.page, 'Are you there?')
    // It is kept over a reload, and shown as waiting until the server takes it.
    const refused = '**/api/chat/rooms/*/messages'
    await bo.context.route(refused, (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()))
    await bo.context.setOffline(false)
    await bo.page.reload()
    await bo.page.getByRole('button', { name: /anna/ }).click()
    await bo.page.getByText('Written without a connection').waitFor()
    await bo.page.getByText('Waiting to be sent').waitFor()
    await bo.context.unroute(refused)
    await anna.page.getByText('Written without a connection').waitFor()
    await bo.page.getByText('Are you there?').waitFor()
    expect(await anna.page.getByText('Written without a connection').count()).toBe(1)
    expect([...anna.faults, ...bo.faults]).toEqual([])
    await Promise.all([anna.context.close(), bo.context.close()])
  })

  test('a mention is found and shown where it stands in a long history, by keyboard, and no view hides from a screen reader', async () => {
    const { page, context, faults } = await open()
    await expectAccessible(page)
    await register(page, 'hana')
    await expectAccessible(page)
    const { token } = await api.register(url, { name: 'gus', password: 'seven green ladders gus' })
    const room = 'garden'
    await api.createRoom(url, token, { room, title: 'The garden' })

    await page.getByRole('button', { name: 'Join a room' }).click()
    await page.getByLabel('Name of the room').fill('gard')
    await page.getByRole('button', { name: /The garden/ }).waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: /The garden/ }).click()
    await page.getByRole('heading', { name: 'The garden' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: /The garden/ }).waitFor()

    const post = (body: string, mentions?: string[]) =>
      api.call(url, 'POST', `/api/chat/rooms/${room}/messages`, token, {
        clientId: crypto.randomUUID(),
        body,
        mentions,
      })
    await post('Look at this, @hana', ['hana'])
    for (let number = 1; number <= LATER_MESSAGES; number += 1) await post(`Later message ${number}.`)
    await page.getByRole('button', { name: 'Mentions of me 1' }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Look at this/ })
      .waitFor()
    await expectAccessible(page)
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Look at this/ })
      .press('Enter')
    const mention = page.locator('.message', { hasText: 'Look at this, @hana' })
    await mention.waitFor()
    await page.locator('.message:focus', { hasText: 'Look at this, @hana' }).waitFor()
    const last = page.getByText(`Later message ${LATER_MESSAGES}.`)
    expect(await last.count()).toBe(0)

    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Tab')
    const next = page.locator('.message', { hasText: 'Later message 1.' })
    await next.locator('button:focus').waitFor()
    expect(await next.locator('button:focus').getAttribute('aria-label')).toBe('React')
    await page.getByRole('button', { name: 'New messages' }).click()
    await last.waitFor()
    await page.getByRole('button', { name: /Mentions of me$/ }).waitFor()
    await eventually(async () => {
      await page.locator('.messages ol').evaluate((list) => (list.scrollTop = 0))
      expect(await mention.count()).toBe(1)
    })

    await page.getByRole('button', { name: 'Members 2' }).click()
    await page.getByRole('button', { name: 'Block gus' }).click()
    await page.getByText('From somebody whom you have blocked.').first().waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Unblock gus' }).click()
    await mention.waitFor()

    // The mention is read, and the page knows nothing of it any more.
    await page.reload()
    await page.getByRole('button', { name: /Mentions of me$/ }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Look at this/ })
      .click()
    await page.locator('.message:focus', { hasText: 'Look at this, @hana' }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  test('people find each other by what they are called, and report a message, on a page without TLS too', async () => {
    const jon = await api.register(url, { name: 'jon', password: 'seven green ladders jon' })
    await api.call(url, 'POST', '/api/chat/display-name', jon.token, { displayName: 'Jon <i>Gärtner</i>' })
    const { page, context, faults } = await open(url.replace('127.0.0.1', PLAIN_HOST))
    expect(await page.evaluate('isSecureContext')).toBe(false)
    await register(page, 'ines')
    await page.getByRole('button', { name: 'ines' }).click()
    await page.getByLabel('Display name').fill('Inès')
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Inès @ines' }).waitFor()

    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByLabel('User name').fill('jon <I>gar')
    await page.getByRole('button', { name: /@jon/ }).waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: /@jon/ }).click()
    await page.getByRole('heading', { name: 'Jon <i>Gärtner</i>' }).waitFor()
    // Later, when the token is half as old as it can be. Without TLS there is no cookie.
    expect(await context.cookies(url)).toEqual([])
    await page.evaluate('((now) => { performance.now = () => now() + 400_000 })(performance.now.bind(performance))')
    const refreshed = page.waitForResponse(/\/api\/users\/refresh$/)
    await write(page, 'Hello')
    expect((await refreshed).status()).toBe(200)
    await page.getByText('✓').first().waitFor()
    const { rooms } = await api.call<{ rooms: { room: string; peerName?: string }[] }>(
      url,
      'GET',
      '/api/chat/rooms',
      jon.token,
    )
    expect(rooms).toMatchObject([{ peer: 'ines', peerName: 'Inès' }])
    await api.call(url, 'POST', `/api/chat/rooms/${rooms[0]?.room}/messages`, jon.token, {
      clientId: 'c1',
      body: 'Something rude',
    })

    const row = page.locator('.message', { hasText: 'Something rude' })
    await row.hover()
    await row.getByLabel('Report').click()
    await page.getByLabel('What is wrong with it?').fill('It is rude.')
    await expectAccessible(page)
    const answer = page.waitForResponse(/\/report$/)
    await page.getByRole('dialog').getByRole('button', { name: 'Report', exact: true }).click()
    expect((await answer).status()).toBe(201)
    await page.getByRole('dialog').waitFor({ state: 'detached' })

    await api.call(url, 'POST', '/api/users/me/delete', jon.token, { password: 'seven green ladders jon' })
    await page.getByRole('button', { name: /Jon/ }).click()
    await page.getByRole('heading', { name: 'Deleted user' }).waitFor()
    await row.getByText('Deleted user').waitFor()
    await expectAccessible(page)

    await page.getByRole('button', { name: 'Inès @ines' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download my data' }).click()
    const data = await readFile(await (await download).path(), 'utf8')
    expect(data.split('\n').filter((line) => line.includes('"part":"message"'))).toHaveLength(1)
    await page.getByText('Delete my account').first().click()
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Delete my account' }).click()
    await page.getByRole('alert').filter({ hasText: /wrong/ }).waitFor()
    await page.getByLabel('Password').fill('seven green ladders ines')
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Delete my account' }).click()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    await page.getByText('Your account has been deleted.').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  test('where an invitation is needed, the page asks for its code, or takes it from a link', async () => {
    const { page, context } = await open()
    await context.route('**/app/config.json', (route) => route.fulfill({ json: { registration: 'invitation' } }))
    await page.goto(`${url}/#invitation=abc-DEF_1`)
    await page.reload()
    await page.getByRole('heading', { name: 'Create an account' }).waitFor()
    await expectAccessible(page)
    expect(await page.getByLabel('Code of your invitation').inputValue()).toBe('abc-DEF_1')
    await page.getByLabel('Name').fill('kim')
    await page.getByLabel('Password').fill('seven green ladders kim')
    const asked = page.waitForRequest(/\/api\/users\/register$/)
    await page.locator('form button.primary').click()
    expect((await asked).postDataJSON()).toMatchObject({ name: 'kim', invitation: 'abc-DEF_1' })
    await page.getByText('You are in no room yet').waitFor()
    await page.waitForURL(`${url}/`)
    // The name of an account is not known: it cannot be removed by mistake.
    await context.route('**/api/chat/people/kim', (route) => route.abort())
    await page.reload()
    await page.getByRole('button', { name: 'kim' }).click()
    await page.getByRole('alert').filter({ hasText: /./ }).waitFor()
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
    await context.close()

    const { page: closed, context: other } = await open()
    await other.route('**/app/config.json', (route) => route.fulfill({ json: { registration: 'off' } }))
    await closed.goto(`${url}/#invitation=abc-DEF_1`)
    await closed.reload()
    await closed.getByRole('heading', { name: 'Log in' }).waitFor()
    expect(await closed.getByRole('button', { name: 'Create an account' }).count()).toBe(0)
    await other.unroute('**/app/config.json')
    const error = { code: 'unavailable', message: 'busy' }
    await other.route('**/app/config.json', (route) => route.fulfill({ status: 503, json: { error } }))
    await closed.reload()
    await closed.getByText('The chat cannot be reached now.').waitFor()
    await other.close()
  })

  test('a script of another origin, and a frame, are refused by the policy of the page', async () => {
    const { headers } = await fetch(url)
    expect(headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    const script = /src="(\/app\/assets\/[^"]+\.js)"/.exec(await (await fetch(url)).text())?.[1] ?? ''
    const answer = await fetch(url + script)
    expect(answer.headers.get('cache-control')).toContain('immutable')
    expect((await answer.arrayBuffer()).byteLength).toBeLessThan(400_000)
  })

  test('the session of a page is in a cookie that no script reads, and ends at log-out', async () => {
    const { page, context } = await open()
    await register(page, 'cleo')
    const [cookie] = await context.cookies(`${url}/api/users/refresh`)
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/api/users' })
    expect(await page.evaluate('document.cookie')).toBe('')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    await eventually(async () => expect(await context.cookies(`${url}/api/users/refresh`)).toEqual([]))
    await page.reload()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    await context.close()
  })

  test('a node that is killed takes nobody with it: both connect to another one, and nothing is lost', async () => {
    const [dora, emil] = await Promise.all([open(), open()])
    await Promise.all([register(dora.page, 'dora'), register(emil.page, 'emil')])
    await dora.page.getByRole('button', { name: 'New conversation' }).click()
    await dora.page.getByLabel('User name').fill('emil')
    await dora.page.getByRole('button', { name: 'Open', exact: true }).click()
    await write(dora.page, 'Before')
    await emil.page.getByRole('button', { name: /dora/ }).click()
    await emil.page.getByText('Before').waitFor()

    for (const pid of await processesOf('node-1')) process.kill(pid, 'SIGKILL')
    await eventually(() => expect(output).toContain('node-1 has ended, the others go on'))
    await write(emil.page, 'During')
    await dora.page.getByText('During').waitFor()
    await write(dora.page, 'After')
    await emil.page.getByText('After').waitFor()
    expect([...dora.faults, ...emil.faults]).toEqual([])
    await Promise.all([dora.context.close(), emil.context.close()])
  })

  /** The processes of a node that this test has started. */
  async function processesOf(node: string): Promise<number[]> {
    const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
    const found = await Promise.all(
      pids.map(async (pid) => {
        const variables = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
        const isOwn = variables.includes(`TERMINATION_LOG=${folder}/`) && variables.includes(`NODE_ID=${node}\0`)
        return isOwn ? pid : undefined
      }),
    )
    return found.filter((pid) => pid !== undefined)
  }

  test('a second start is refused, and npm run stop ends all processes', async () => {
    const second = spawn(process.execPath, [join(START, 'main.ts')], { env: env() })
    let errors = ''
    second.stderr.on('data', (data: Buffer) => (errors += data.toString()))
    expect((await once(second, 'close'))[0]).toBe(1)
    expect(errors).toContain('npm run stop')

    const stop = spawn(process.execPath, [join(START, 'stop.ts')], { env: env() })
    expect((await once(stop, 'close'))[0]).toBe(0)
    expect(output).toMatch(/node-2 (ended|killed)/)
    await expect(fetch(`http://127.0.0.1:${firstPort}/actuator/health`)).rejects.toThrow('fetch failed')
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })
})

/** What is shown has no serious fault of accessibility, in light and dark. */
async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] }),
    )
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(serious.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([])
  }
}

/** The first of six ports in a row that nobody uses. */
async function sixFreePorts(): Promise<number> {
  return Math.min((await freePort()) + 1, 65_000)
}
