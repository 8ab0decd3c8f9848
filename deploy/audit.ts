import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Exit code when nobody could be asked (EX_TEMPFAIL): the pipeline shows it as a warning, not as a pass. */
const NO_ANSWER = 75
const CHECKOUT = join(import.meta.dirname, '..')

interface Report {
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> }
  readonly message?: string
  readonly error?: { readonly summary?: string }
}

/**
 * `npm audit` of what the lock file names, from "high" on. Exit codes: 0 nothing found, 1 findings, 75 the registry's advisories
 * cannot be asked.
 */
function audit(): number {
  const args = ['audit', '--audit=true', '--audit-level=high']
  const options = { cwd: CHECKOUT, encoding: 'utf8', maxBuffer: 2 ** 26 } as const
  const { status, stdout, stderr, error } = spawnSync('npm', [...args, '--json'], options)
  const found = counts(stdout)
  if (found === undefined) {
    console.error(
      `The advisories could not be asked, so nothing is known: ${error?.message ?? reasonOf(stdout, stderr)}`,
    )
    return NO_ANSWER
  }
  console.log(`advisories by severity: ${JSON.stringify(found)}`)
  if (status === 0) return 0
  // For people.
  console.error(spawnSync('npm', args, options).stdout)
  return 1
}

/** How many there are of each severity; undefined when this is no report. */
function counts(text: string): Readonly<Record<string, number>> | undefined {
  return parsed(text)?.metadata?.vulnerabilities
}

function reasonOf(out: string, err: string): string {
  const report = parsed(out)
  return report?.message ?? report?.error?.summary ?? err.trim().split('\n').at(-1) ?? ''
}

function parsed(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report
  } catch {
    return undefined
  }
}

process.exitCode = audit()
