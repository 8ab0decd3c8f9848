import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { AUDIT_UNKNOWN } from './exit-codes.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')

interface Report {
  readonly vulnerabilities?: Readonly<Record<string, Vulnerability>>
  readonly message?: string
  readonly error?: { readonly summary?: string }
}

interface Vulnerability {
  readonly name: string
  readonly severity: string
  readonly range: string
  /** Advisories, and names of vulnerable dependencies. */
  readonly via: readonly (string | { readonly title: string; readonly url: string })[]
}

/**
 * Runs `npm audit` for the lock file, and prints all packages with advisories.
 *
 * @returns exit code: 1 for severity "high" or higher, AUDIT_UNKNOWN when the advisories cannot be read, else 0
 */
function audit(): number {
  const args = ['audit', '--audit=true', '--audit-level=high', '--json']
  const options = { cwd: CHECKOUT, encoding: 'utf8', maxBuffer: 2 ** 26 } as const
  const { status, stdout, stderr, error } = spawnSync('npm', args, options)
  const report = parsed(stdout)
  if (report?.vulnerabilities === undefined) {
    const reason = error?.message ?? report?.message ?? report?.error?.summary ?? stderr.trim().split('\n').at(-1)
    console.error(`cannot read the advisories: ${reason}`)
    return AUDIT_UNKNOWN
  }
  const found = Object.values(report.vulnerabilities)
  for (const vulnerability of found) console.log(described(vulnerability))
  console.log(`${found.length} packages with advisories`)
  return status === 0 ? 0 : 1
}

function described({ severity, name, range, via }: Vulnerability): string {
  const reasons = via.map((each) => (typeof each === 'string' ? `through ${each}` : `${each.title} (${each.url})`))
  return `${severity}  ${name} ${range}: ${reasons.join('; ')}`
}

function parsed(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report
  } catch {
    return undefined
  }
}

process.exitCode = audit()
