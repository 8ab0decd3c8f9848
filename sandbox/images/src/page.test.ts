import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { cacheDir } from '@chat-app/sandbox-machine'
import { pageLayer, type PageLayer } from './page.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')
let work: string

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'chat-app-page-test-'))
  vi.stubEnv('XDG_CACHE_HOME', join(work, 'cache'))
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(work, { recursive: true })
})

test('the layer has the page, the files that it names, and the licences of its packages', async () => {
  const page = await pageLayer(CHECKOUT)
  const files = await filesOf(page)
  const index = files.get('app/web/index.html') ?? ''
  const named = [...index.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => `app/web${path}`)
  expect(named.filter((path) => path.includes('/assets/'))).toHaveLength(2)
  for (const path of named) expect(files.get(path), path).toBeTruthy()
  // A proxy passes on / and /app alone.
  expect([...files.keys()].filter((path) => !path.startsWith('app/web/app/'))).toEqual(['app/web/index.html'])
  expect(page.packages.map(({ name }) => name).toSorted()).toEqual([
    '@preact/signals',
    '@preact/signals-core',
    'eventemitter3',
    'preact',
  ])
  for (const { name, version } of page.packages)
    expect(files.get('app/web/app/THIRD-PARTY-LICENSES.txt')).toContain(`${name} ${version} (MIT)`)
})

test('the page is built again only when what it is made from has changed', async () => {
  const checkout = join(work, 'checkout')
  for (const path of ['web/src/main.tsx', 'services/client/index.ts', 'services/package.json', 'package-lock.json'])
    await write(join(checkout, path), '1')
  await symlink(join(CHECKOUT, 'node_modules'), join(checkout, 'node_modules'))
  const known = await builds()
  const { key } = await pageLayer(checkout)
  const built = (await builds()).find((name) => !known.includes(name))

  await write(join(checkout, 'web/src/state/chat.test.ts'), 'a test')
  await write(join(checkout, 'web/dist/index.html'), 'an earlier build')
  await write(join(checkout, 'services/src/main.ts'), 'no part of the page')
  // A page of the cache that no build makes: it is seen that no build takes its place.
  const file = cacheDir('images', 'pages', built ?? '')
  await writeFile(file, (await readFile(file, 'utf8')).replace('index.html', 'kept.html'))
  expect([...(await filesOf(await pageLayer(checkout))).keys()]).toContain('app/web/kept.html')

  await write(join(checkout, 'services/client/index.ts'), '2')
  expect((await pageLayer(checkout)).key).toBe(key)
  expect(await builds()).toHaveLength(known.length + 2)
})

function builds(): Promise<string[]> {
  return readdir(cacheDir('images', 'pages')).catch((): string[] => [])
}

async function filesOf(page: PageLayer): Promise<Map<string, string>> {
  const entries = await page.entries()
  return new Map(
    entries.map((entry) => {
      if (entry.type !== 'file' || !Buffer.isBuffer(entry.content)) throw new Error(`${entry.path} has no content`)
      return [entry.path, entry.content.toString()]
    }),
  )
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}
