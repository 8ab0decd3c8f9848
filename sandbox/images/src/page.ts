import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheDir } from '@chat-app/sandbox-machine'
import { buildWeb, WEB_SOURCES } from '@chat-app/web/build'
import { writeAtomically } from './blobs.ts'
import { contentKey, LICENCES } from './bundle.ts'
import { copiedFile, copiedFolder, type Entry } from './entries.ts'
import type { Layer } from './layer.ts'
import { licenceTexts, packagesOf, type BundledPackage } from './packages.ts'

/** Folder of the page in an image. */
export const PAGE_FOLDER = 'app/web'

/** Increment it when this file makes another page of the same sources. */
const REVISION = 1

/** A layer with the page, and the npm packages whose code the page contains. */
export interface PageLayer extends Layer {
  readonly packages: readonly BundledPackage[]
}

/** A built page, as the cache has it. */
interface Page {
  readonly packages: readonly BundledPackage[]
  /** Path relative to the page -> content in Base64. */
  readonly files: Readonly<Record<string, string>>
}

/** Returns the layer with the chat page and the licences of what it contains. The page is built only when its sources change. */
export async function pageLayer(checkout: string): Promise<PageLayer> {
  const sources = await contentKey(await sourceEntries(checkout))
  const file = cacheDir('images', 'pages', createHash('sha256').update(`${REVISION} ${sources}`).digest('hex'))
  const { packages, files } = (await cachedPage(file)) ?? (await buildPage(checkout, file))
  const entries = Object.entries(files).map(([path, content]): Entry => ({
    path: join(PAGE_FOLDER, path),
    type: 'file',
    mode: 0o644,
    content: Buffer.from(content, 'base64'),
  }))
  return { key: await contentKey(entries), entries: async () => entries, packages }
}

/** Without what a build does not read: packages, which the lock file names, an earlier build, and tests. */
async function sourceEntries(checkout: string): Promise<Entry[]> {
  const isSource = (path: string): boolean => !/(^|\/)(node_modules|dist|test)(\/|$)|\.test\.ts$/.test(path)
  const found = WEB_SOURCES.map(async (source) => {
    const path = join(checkout, source)
    return source.endsWith('.json') ? [await copiedFile(source, path)] : copiedFolder(path, source, isSource)
  })
  return (await Promise.all(found)).flat().filter(({ type }) => type === 'file')
}

async function cachedPage(file: string): Promise<Page | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  // Marks the page as used, for the clean-up.
  await utimes(file, new Date(), new Date())
  return JSON.parse(text) as Page
}

async function buildPage(checkout: string, file: string): Promise<Page> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-app-page-'))
  try {
    const packages = packagesOf(checkout, await buildWeb(folder))
    const files: Record<string, string> = {
      [`app/${LICENCES}`]: Buffer.from(licenceTexts(checkout, packages)).toString('base64'),
    }
    for (const { path, type } of await copiedFolder(folder, '')) {
      if (type === 'file') files[path] = await readFile(join(folder, path), 'base64')
    }
    const page = { packages, files }
    await writeAtomically(file, JSON.stringify(page))
    return page
  } finally {
    await rm(folder, { recursive: true })
  }
}
