import { readArguments, runCommand, showSteps, type Command } from '@chat-app/cli'
import { runChecks, type Check } from './checks.ts'
import { chooseChecks, type OptionalChecks } from './choose-checks.ts'
import { AUDIT_UNKNOWN, LIFETIMES_WARNING } from './exit-codes.ts'
import { goChecks } from './go-checks.ts'
import { manifestsCheck } from './manifests-check.ts'
import { secretsCheck } from './secrets-check.ts'

const checks: Check[] = [
  { name: 'format', command: ['oxfmt', '--check'], remedy: 'npx oxfmt' },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  { name: 'types', command: ['tsc', '--project', 'tsconfig.json'] },
  { name: 'types of the web client', command: ['tsc', '--project', 'web/tsconfig.json'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'test-only code', command: ['knip', '--production', '--no-progress', '--no-config-hints'] },
  { name: 'generated files', command: ['node', 'tools/generate/main.ts', '--check'], remedy: 'npm run generate' },
  ...goChecks(),
]
const optional: OptionalChecks = {
  secrets: () => secretsCheck(),
  manifests: () => manifestsCheck(),
  audit: () =>
    Promise.resolve({ name: 'audit', command: ['node', 'tools/check/audit.ts'], unknownExitCode: AUDIT_UNKNOWN }),
  lifetimes: () =>
    Promise.resolve({
      name: 'lifetimes',
      command: ['node', 'tools/check/lifetimes/main.ts'],
      unknownExitCode: LIFETIMES_WARNING,
    }),
}

const command = {
  name: 'npm run check',
  usage: ['[-- NAME...]'],
  about: [
    'Runs checks in parallel; none needs a cluster or a server. Prints a line for each check, then the output of those that fail. Without names it runs all except secrets, manifests, audit and lifetimes. A check that this machine cannot run is skipped, but is an error when it is named.',
  ],
  names: {
    title: 'Checks',
    help: {
      format: 'the format of all files, by oxfmt; npx oxfmt fixes it',
      lint: 'lint rules, and the imports between workspaces (tools/lint), by oxlint',
      'types, "types of the web client"': 'types, by tsc; those of the web client know a browser',
      '"dead code"': 'unused exports, files and dependencies, by knip',
      '"test-only code"': 'exports, files and dependencies of the product that only tests use, by knip',
      '"generated files"': 'whether npm run generate would change a file',
      '"Go format", "Go vet"': 'the Go module of the sandbox; skipped without Go',
      secrets: 'secrets in any commit, by gitleaks',
      manifests: 'the manifests of all environments, by kube-score and checkov',
      audit: 'advisories about the packages of the lock file, by npm audit',
      lifetimes: 'releases of third parties in the environments whose support has ended, or ends soon',
    },
  },
  options: {},
  exitCodes: {
    0: 'all checks that ran passed',
    1: 'a check failed, or this machine cannot run a named check',
    [AUDIT_UNKNOWN]:
      'no check failed, but the audit cannot read the advisories, or a release of a third party ends soon or is accepted past its end',
  },
  examples: {
    'npm run check': 'before each commit',
    'npm run check -- lint types': 'only these checks',
    'npm run check -- secrets manifests audit lifetimes': 'the checks that run only by name',
  },
} as const satisfies Command

await runCommand(command, async (args) => {
  const { names } = readArguments(command, args)
  const chosen = await chooseChecks(names, checks, optional)
  const steps = showSteps()
  try {
    process.exitCode = await runChecks(chosen, steps.print, (running, total) => steps.next(running.join(', '), total))
  } finally {
    steps.end()
  }
})
