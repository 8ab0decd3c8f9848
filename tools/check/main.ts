import { NO_ANSWER } from './no-answer.ts'
import { runChecks, type Check } from './checks.ts'
import { chooseChecks, type FurtherChecks } from './choose-checks.ts'
import { goChecks } from './go-checks.ts'
import { manifestsCheck } from './manifests-check.ts'
import { secretsCheck } from './secrets-check.ts'

/**
 * `npm run check`: everything that needs no running part, side by side; one line each, and the whole output of what fails.
 * With names only these: `npm run check -- lint secrets`.
 */
const checks: Check[] = [
  { name: 'format', command: ['oxfmt', '--check'], remedy: 'npx oxfmt' },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  { name: 'types', command: ['tsc', '--project', 'tsconfig.json'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'generated files', command: ['node', 'tools/generate/main.ts', '--check'], remedy: 'npm run generate' },
  ...goChecks(),
]
const further: FurtherChecks = {
  secrets: () => secretsCheck(),
  manifests: () => manifestsCheck(),
  audit: () =>
    Promise.resolve({ name: 'audit', command: ['node', 'tools/check/audit.ts'], unknownExitCode: NO_ANSWER }),
}

try {
  process.exitCode = await runChecks(await chooseChecks(process.argv.slice(2), checks, further))
} catch (error) {
  console.error(`check: ${(error as Error).message}`)
  process.exitCode = 1
}
