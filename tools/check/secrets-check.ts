import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { tool, whyNoTool } from '@chat-app/sandbox-machine'
import type { Check } from './checks.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')

/** Searches all commits of a checkout for secrets with gitleaks and the allowlist of `.gitleaks.toml`. Prints no secret. */
export async function secretsCheck(checkout = CHECKOUT): Promise<Check> {
  const name = 'secrets'
  const skip = whyNoTool('gitleaks')
  if (skip !== undefined) return { name, command: [], skip }
  const gitleaks = await tool('gitleaks', { onProgress: (text) => console.error(text) })
  const obstacle = await whyCommitsAreMissing(checkout)
  const config = join(CHECKOUT, '.gitleaks.toml')
  return {
    name,
    command: [gitleaks, 'git', '--no-banner', '--no-color', '--redact', '--verbose', '--config', config, '.'],
    cwd: checkout,
    ...(obstacle !== undefined && { obstacle }),
    // gitleaks exits with 0 when git fails, and when there are no commits.
    failsOnOutput: /^\S+ ERR |\b0 commits scanned/m,
    remedy:
      'revoke the secret first: everybody with the repository has it. For a false positive, add an entry with a reason to .gitleaks.toml',
  }
}

/** Why commits are missing, or undefined. gitleaks does not report that a shallow clone lacks commits. */
async function whyCommitsAreMissing(checkout: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', '--is-shallow-repository'], { cwd: checkout })
    if (stdout.trim() === 'false') return undefined
    return `${checkout} is a shallow clone: run git fetch --unshallow, or set GIT_DEPTH=0 in a pipeline`
  } catch (error) {
    return `git cannot read the commits of ${checkout}: ${((error as { stderr?: string }).stderr || (error as Error).message).trim()}`
  }
}
