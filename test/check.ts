import { runChecks, type Check } from './runner/checks.ts'
import { goChecks } from './runner/go-checks.ts'

/** `npm run check`: everything that needs no running part, side by side; one line each, and the whole output of what fails. */
const checks: Check[] = [
  { name: 'format', command: ['oxfmt', '--check'], remedy: 'npx oxfmt' },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  { name: 'types', command: ['tsc', '--project', 'tsconfig.json'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'generated files', command: ['node', 'crds/generate.ts', '--check'], remedy: 'npm run generate' },
  ...goChecks(),
]
process.exit((await runChecks(checks)) ? 0 : 1)
