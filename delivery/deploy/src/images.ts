import { runCommand } from '@chat-app/cli'
import type { Registry } from '@chat-app/sandbox-images'
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readSource } from '@chat-app/release'
import { login, pushBuilt, pushReleased, type Target } from './push-images.ts'
import { pushCommand, pushOptionsOf, type PushOptions } from './push-options.ts'
import { packagedVersion } from './version.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')

/** `npm run push-images`. */
function main(options: PushOptions, env: NodeJS.ProcessEnv): void {
  const { registry, out } = options
  const version = packagedVersion(options.version, CHECKOUT, env)
  const { shortCommit, commit, created } = readSource(CHECKOUT, env)
  const release = options.release ?? join(CHECKOUT, 'dist', 'release', version)
  const base = env['BASE_IMAGE'] || undefined
  const builder = env['BUILD_IMAGE'] || undefined
  // Before the login: what is missing here is known at once.
  const source = base === undefined ? archiveOf(release, registry, version) : { base, builder }
  const work = mkdtempSync(join(tmpdir(), 'chat-app-push-'))
  const tags = [version, shortCommit]
  const target: Target = { registry, version, commit, created, tags, work, checkout: CHECKOUT }
  try {
    login(target, env['REGISTRY_USER'], env['REGISTRY_PASSWORD'])
    const pushed = typeof source === 'string' ? pushReleased(target, source) : pushBuilt(target, source)
    mkdirSync(dirname(out), { recursive: true })
    writeFileSync(out, `${pushed.join('\n')}\n`)
    console.log(pushed.join('\n'))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function archiveOf(release: string, { prefix }: Registry, version: string): string {
  const [name] = globSync('chat-app-images-*.tar', { cwd: release })
  if (name !== undefined) return join(release, name)
  const command = `npm run package -- --version ${version} --registry ${prefix}`
  throw new Error(`${release} has no chat-app-images-*.tar: run ${command} first, or name its folder by --release`)
}

await runCommand(pushCommand, (args) => main(pushOptionsOf(args, CHECKOUT), process.env))
