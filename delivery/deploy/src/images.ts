import { runCommand } from '@chat-app/cli'
import type { Login, Registry } from '@chat-app/sandbox-images'
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import tls from 'node:tls'
import { readSource } from '@chat-app/release'
import { pushBuilt, pushReleased, type Target } from './push-images.ts'
import { pushCommand, pushOptionsOf, type PushOptions } from './push-options.ts'
import { packagedVersion } from './version.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')

/** `npm run push-images`. */
async function main(options: PushOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const { registry, out } = options
  const version = packagedVersion(options.version, CHECKOUT, env)
  const { shortCommit, commit, created } = readSource(CHECKOUT, env)
  const release = options.release ?? join(CHECKOUT, 'dist', 'release', version)
  const base = env['BASE_IMAGE'] || undefined
  const builder = env['BUILD_IMAGE'] || undefined
  const source = base === undefined ? archiveOf(release, registry, version) : { base, builder }
  const work = mkdtempSync(join(tmpdir(), 'chat-app-push-'))
  const tags = [version, shortCommit]
  const login = loginOf(env)
  const named = { registry, version, commit, created, tags }
  const target: Target = { ...named, work, checkout: CHECKOUT, ...(login && { login }) }
  try {
    const pushed = await (typeof source === 'string' ? pushReleased(target, source) : pushBuilt(target, source))
    mkdirSync(dirname(out), { recursive: true })
    writeFileSync(out, `${pushed.join('\n')}\n`)
    console.log(pushed.join('\n'))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function loginOf({ REGISTRY_USER: user, REGISTRY_PASSWORD: password }: NodeJS.ProcessEnv): Login | undefined {
  return user && password ? { user, password } : undefined
}

/** A company's registry may be behind a proxy, and its CA among those of the machine: Node.js looks at neither by itself. */
function useMachineNetwork(): void {
  // Both are newer than Node.js 24.0.
  const { setDefaultCACertificates, getCACertificates } = tls as Partial<typeof tls>
  const { setGlobalProxyFromEnv } = http as Partial<typeof http>
  if (getCACertificates) {
    setDefaultCACertificates?.([...getCACertificates('default'), ...getCACertificates('system')])
  }
  setGlobalProxyFromEnv?.()
}

function archiveOf(release: string, { prefix }: Registry, version: string): string {
  const [name] = globSync('chat-app-images-*.tar', { cwd: release })
  if (name !== undefined) return join(release, name)
  const command = `npm run package -- --version ${version} --registry ${prefix}`
  throw new Error(`${release} has no chat-app-images-*.tar: run ${command} first, or name its folder by --release`)
}

await runCommand(pushCommand, async (args) => {
  const options = pushOptionsOf(args, CHECKOUT)
  useMachineNetwork()
  await main(options, process.env)
})
