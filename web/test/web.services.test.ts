import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from '@chat-app/sandbox-servers'
import { eventually } from '@chat-app/testing'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// npm start as a user runs it, and the page in a real browser.

const START = join(import.meta.dirname, '..', '..', 'sandbox', 'start', 'src')
const CHROMIUM = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find((path) => existsSync(path))
/** A limit of one action. It finds a page that hangs. */
const ACTION_TIMEOUT_MS = 60_000

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
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] })
  })

  afterAll(async () => {
    await browser?.close()
    if (program.exitCode === null && program.kill('SIGKILL')) await once(program, 'exit')
    await rm(folder, { recursive: true })
  })

  /** A window of its own browser. */
  async function open(): Promise<{ context: BrowserContext; page: Page; faults: string[] }> {
    const context = await browser.newContext({ locale: 'en' })
    context.setDefaultTimeout(ACTION_TIMEOUT_MS)
    const page = await context.newPage()
    const faults: string[] = []
    page.on('pageerror', ({ message }) => faults.push(message))
    await page.goto(url)
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
    await bo.context.setOffline(false)
    await anna.page.getByText('Written without a connection').waitFor()
    await bo.page.getByText('Are you there?').waitFor()
    expect(await anna.page.getByText('Written without a connection').count()).toBe(1)
    expect([...anna.faults, ...bo.faults]).toEqual([])
    await Promise.all([anna.context.close(), bo.context.close()])
  })

  test('a script of another origin, and a frame, are refused by the policy of the page', async () => {
    const { headers } = await fetch(url)
    expect(headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(await (await fetch(url)).text())?.[1] ?? ''
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

/** The first of six ports in a row that nobody uses. */
async function sixFreePorts(): Promise<number> {
  return Math.min((await freePort()) + 1, 65_000)
}
