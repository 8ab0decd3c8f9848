import { readArguments, runCommand, showSteps, type Command } from '@chat-app/cli'
import { runChecks, type Check } from './checks.ts'
import { chooseChecks, type FurtherChecks } from './choose-checks.ts'
import { AUDIT_UNKNOWN } from './exit-codes.ts'
import { goChecks } from './go-checks.ts'
import { manifestsCheck } from './manifests-check.ts'
import { secretsCheck } from './secrets-check.ts'

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
    Promise.resolve({ name: 'audit', command: ['node', 'tools/check/audit.ts'], unknownExitCode: AUDIT_UNKNOWN }),
}

const command = {
  name: 'npm run check',
  usage: ['[-- NAME...]'],
  about: [
    'Runs the checks that need no cluster and no server, side by side: a line for each, then the whole output of those that fail. Without names it runs all but secrets, manifests and audit; one of the others that cannot run on this machine is skipped, but fails when it is named.',
  ],
  names: {
    title: 'Checks',
    help: {
      format: 'the format of every file, by oxfmt; npx oxfmt corrects it',
      lint: 'lint rules, and which workspace may import which (tools/lint), by oxlint',
      types: 'types, by tsc',
      '"dead code"': 'exports, files and dependencies that nothing uses, by knip',
      '"generated files"': 'whether npm run generate would write something else',
      '"Go format", "Go vet"': 'the Go module of the sandbox, where Go is installed',
      secrets: 'secrets in any commit, by gitleaks',
      manifests: 'the manifests of all environments, by kube-score and checkov',
      audit: 'advisories for the packages of the lock file, by npm audit',
    },
  },
  options: {},
  exitCodes: {
    0: 'all checks that ran passed',
    1: 'one failed, or cannot run on this machine although it was named',
    [AUDIT_UNKNOWN]: 'the advisories could not be read, and nothing else failed',
  },
  examples: {
    'npm run check': 'before each commit',
    'npm run check -- lint types': 'some of them',
    'npm run check -- secrets manifests audit': 'those that only run by name',
  },
} as const satisfies Command

await runCommand(command, async (args) => {
  const { names } = readArguments(command, args)
  const chosen = await chooseChecks(names, checks, further)
  const steps = showSteps()
  try {
    process.exitCode = await runChecks(chosen, steps.print, (running, total) => steps.next(running.join(', '), total))
  } finally {
    steps.end()
  }
})
