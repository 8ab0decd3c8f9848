import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { debianRoot, inRoot } from './root.ts'
import { platform } from './loader.ts'

const run = promisify(execFile)

describe('unpacked Debian packages', () => {
  it('run with their own C library, and come from the cache the second time', async () => {
    const root = await debianRoot(['redis-tools', 'redis-server'])
    const [loader = '', ...prefix] = inRoot(root, 'redis-server')
    expect(loader.startsWith(root)).toBe(true)
    expect((await run(loader, [...prefix, '--version'])).stdout).toMatch(/^Redis server v=\d/)

    const progress: string[] = []
    const again = await debianRoot(['redis-server', 'redis-tools', 'redis-tools'], (text) => progress.push(text))
    expect({ again, progress }).toEqual({ again: root, progress: [] })
  })

  it('come from the cache without apt and without a network', async () => {
    const root = await debianRoot(['redis-server', 'redis-tools'])
    vi.stubEnv('PATH', '/nonexistent')
    try {
      expect(await debianRoot(['redis-server', 'redis-tools'])).toBe(root)
      await expect(debianRoot(['redis-server', 'hello'])).rejects.toThrow(/apt-get.* not found.*--context NAME/s)
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('are named in the error if they do not exist', async () => {
    await expect(debianRoot(['no-such-package-of-debian'])).rejects.toThrow(
      /no-such-package-of-debian: .*Unable to locate package/,
    )
  })
})

describe('a first call from several processes at the same time', () => {
  let cache: string

  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'chat-app-cache-'))
  })
  afterAll(() => rm(cache, { recursive: true }))

  it('creates one complete root', async () => {
    const script = `import { debianRoot } from ${JSON.stringify(join(import.meta.dirname, 'root.ts'))}
      process.stdout.write(await debianRoot(['libc6']))`
    const env = { ...process.env, XDG_CACHE_HOME: cache }
    const call = () => run(process.execPath, ['--input-type=module', '--eval', script], { env })
    const roots = (await Promise.all([call(), call(), call()])).map(({ stdout }) => stdout)
    expect(new Set(roots).size).toBe(1)
    expect(await readdir(join(cache, 'chat-app-sandbox/debian/roots'))).toHaveLength(1)
    expect(await readdir(join(roots[0] ?? '', 'usr/lib'))).toContain(platform().triplet)
  })
})
