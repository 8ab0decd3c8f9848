import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { readSource } from '../release/source.ts'
import { parseRegistry } from '@chat-app/sandbox/images'
import { login, pushBuilt, pushReleased, type Target } from './push-images.ts'
import { deployedVersion } from './version.ts'

const CHECKOUT = join(import.meta.dirname, '..')
const text = { type: 'string' } as const

/**
 * Pushes the images of this commit, tagged by version and by commit, and writes their digests to `dist/images.txt` (`--out`): those
 * of `npm run package`, or, where BASE_IMAGE names one, the Dockerfile built on it (and by BUILD_IMAGE) by buildah. Logs in with
 * REGISTRY_USER and REGISTRY_PASSWORD where they are set.
 */
function main(env: NodeJS.ProcessEnv): void {
  const { values } = parseArgs({ options: { registry: text, release: text, out: text } })
  const registry = parseRegistry(values.registry ?? '')
  const version = deployedVersion(undefined, CHECKOUT, env)
  const { shortCommit, commit, created } = readSource(CHECKOUT, env)
  const work = mkdtempSync(join(tmpdir(), 'chat-app-push-'))
  const tags = [version, shortCommit]
  const target: Target = { registry, version, commit, created, tags, work, checkout: CHECKOUT }
  try {
    login(target, env['REGISTRY_USER'], env['REGISTRY_PASSWORD'])
    const base = env['BASE_IMAGE'] || undefined
    const release = values.release ?? join(CHECKOUT, 'dist', 'release', version)
    const builder = env['BUILD_IMAGE'] || undefined
    const pushed = base === undefined ? pushReleased(target, archiveOf(release)) : pushBuilt(target, { base, builder })
    const out = values.out ?? join(CHECKOUT, 'dist', 'images.txt')
    mkdirSync(dirname(out), { recursive: true })
    writeFileSync(out, `${pushed.join('\n')}\n`)
    console.log(pushed.join('\n'))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function archiveOf(release: string): string {
  const [name] = globSync('chat-app-images-*.tar', { cwd: release })
  if (name === undefined) throw new Error(`${release} has no chat-app-images-*.tar: run npm run package first`)
  return join(release, name)
}

try {
  main(process.env)
} catch (error) {
  console.error(`images: ${(error as Error).message}`)
  process.exitCode = 1
}
