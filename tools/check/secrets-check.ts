import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { tool, whyNoTool } from '@chat-app/sandbox-machine'
import type { Check } from './checks.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')

/** Searches all commits of a checkout for secrets, by gitleaks with the allowlist of `.gitleaks.toml`. A found secret is not printed. */
export async function secretsCheck(checkout = CHECKOUT): Promise<Check> {
  const name = 'secrets'
  const skip = whyNoTool('gitleaks')
  if (skip !== undefined) return { name, command: [], skip }
  const gitleaks = await tool('gitleaks', { onProgress: (text) => console.error(text) })
  const obstacle = await whyNotAllCommits(checkout)
  const config = join(CHECKOUT, '.gitleaks.toml')
  return {
    name,
    command: [gitleaks, 'git', '--no-banner', '--no-color', '--redact', '--verbose', '--config', config, '.'],
    cwd: checkout,
    ...(obstacle !== undefined && { obstacle }),
    // It exits with 0 when git fails, and when there are no commits.
    failsOnOutput: /^\S+ ERR |\b0 commits scanned/m,
    remedy:
      'revoke it first: whoever has the repository has it; a false alarm gets an entry in .gitleaks.toml that says why',
  }
}

/** In a shallow clone gitleaks skips the missing commits without an error. */
async function whyNotAllCommits(checkout: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', '--is-shallow-repository'], { cwd: checkout })
    if (stdout.trim() === 'false') return undefined
    return `${checkout} has not all commits: git fetch --unshallow, or GIT_DEPTH=0 in a pipeline`
  } catch (error) {
    return `git cannot read the commits of ${checkout}: ${((error as { stderr?: string }).stderr || (error as Error).message).trim()}`
  }
}
