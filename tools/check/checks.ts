import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'

export interface Check {
  readonly name: string
  /** Program and arguments; the program is looked up in node_modules/.bin, then on PATH. */
  readonly command: readonly string[]
  /** @default the checkout */
  readonly cwd?: string
  /** Environment variables, in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** How to fix a failure; printed below its output. */
  readonly remedy?: string
  /** Why this machine cannot run the check: it is skipped. */
  readonly skip?: string
  /** Why the check would pass without checking everything: it fails without running. */
  readonly obstacle?: string
  /** Output that is a failure with any exit code: some tools print findings and exit with 0. */
  readonly failsOnOutput?: RegExp
  /** Exit code with which the command says that it could not check: neither a pass nor a failure. */
  readonly unknownExitCode?: number
}

export interface CheckResult {
  readonly check: Check
  readonly verdict: 'ok' | 'failed' | 'unknown'
  readonly output: string
  readonly elapsedMs: number
}

const ROOT = join(import.meta.dirname, '..', '..')

const VERDICT_LABELS = { ok: 'ok  ', failed: 'FAIL', unknown: 'warn' } as const

/**
 * Runs the checks in parallel. Prints a line for each when it ends, then the output of those that did not pass.
 *
 * @param onRunning called at the start and when a check ends, with the names of the running checks and the number of
 * all
 * @returns exit code: 1 when a check failed, else the `unknownExitCode` of a check that could not check, else 0
 */
export async function runChecks(
  checks: readonly Check[],
  print: (text: string) => void = console.log,
  onRunning: (names: readonly string[], total: number) => void = () => {},
): Promise<number> {
  for (const { name, skip } of checks) if (skip !== undefined) print(`skip ${name}: ${skip}`)
  const running = checks.filter(({ skip }) => skip === undefined)
  const names = new Set(running.map(({ name }) => name))
  if (names.size > 0) onRunning([...names], running.length)
  const results = await Promise.all(
    running.map(async (check) => {
      const result = await run(check)
      print(`${VERDICT_LABELS[result.verdict]} ${check.name} (${(result.elapsedMs / 1000).toFixed(1)} s)`)
      names.delete(check.name)
      if (names.size > 0) onRunning([...names], running.length)
      return result
    }),
  )
  for (const result of results) if (result.verdict !== 'ok') print(report(result))
  if (results.some(({ verdict }) => verdict === 'failed')) return 1
  return results.find(({ verdict }) => verdict === 'unknown')?.check.unknownExitCode ?? 0
}

function run(check: Check): Promise<CheckResult> {
  const startedAt = performance.now()
  if (check.obstacle !== undefined)
    return Promise.resolve({ check, verdict: 'failed', output: check.obstacle, elapsedMs: 0 })
  const [program = '', ...args] = check.command
  const path = [join(ROOT, 'node_modules', '.bin'), process.env['PATH']].join(delimiter)
  const env = { ...process.env, ...check.env, PATH: path }
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(program, args, { cwd: check.cwd ?? ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const end = (code: number | null): void =>
      resolve({ check, verdict: verdictOf(check, code, output), output, elapsedMs: performance.now() - startedAt })
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.on('error', (error) => {
      output += error.message
      end(null)
    })
    child.on('close', end)
  })
}

function verdictOf(check: Check, code: number | null, output: string): CheckResult['verdict'] {
  if (code !== null && code === check.unknownExitCode) return 'unknown'
  return code === 0 && check.failsOnOutput?.test(output) !== true ? 'ok' : 'failed'
}

function report({ check, output }: CheckResult): string {
  const remedy = check.remedy === undefined ? [] : [`To fix: ${check.remedy}`]
  return [`\n${check.name}: ${check.command.join(' ')}`, output.trimEnd(), ...remedy].join('\n')
}
