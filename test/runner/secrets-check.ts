import { join } from 'node:path'
import { tool, whyNoTool } from '@chat-app/sandbox'
import type { Check } from './checks.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')

/** Secrets in any commit of a checkout, by gitleaks and the allowlist of `.gitleaks.toml`; what is found is never printed. */
export async function secretsCheck(checkout = CHECKOUT): Promise<Check> {
  const name = 'secrets'
  const skip = whyNoTool('gitleaks')
  if (skip !== undefined) return { name, command: [], skip }
  const gitleaks = await tool('gitleaks', { onProgress: (text) => console.error(text) })
  const config = join(CHECKOUT, '.gitleaks.toml')
  return {
    name,
    command: [gitleaks, 'git', '--no-banner', '--no-color', '--redact', '--verbose', '--config', config, '.'],
    cwd: checkout,
    remedy:
      'revoke it first: whoever has the repository has it; a false alarm gets an entry in .gitleaks.toml that says why',
  }
}
