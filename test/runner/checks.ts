import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'

export interface Check {
  readonly name: string
  /** Program (of the packages, or on PATH) and arguments, run in `cwd`, the checkout by default. */
  readonly command: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** What mends it, printed when it fails. */
  readonly remedy?: string
  /** Given when it cannot run here: why. */
  readonly skip?: string
  /** Some tools print what is wrong and end with 0. */
  readonly failsOnOutput?: boolean
}

export interface CheckResult {
  readonly check: Check
  readonly ok: boolean
  readonly output: string
  readonly elapsedMs: number
}

const ROOT = join(import.meta.dirname, '..', '..')

/** Runs them at once, prints a line for each as it ends, then what failed in full; whether all that ran are fine. */
export async function runChecks(
  checks: readonly Check[],
  print: (text: string) => void = console.log,
): Promise<boolean> {
  for (const { name, skip } of checks) if (skip !== undefined) print(`skip ${name}: ${skip}`)
  const running = checks.filter(({ skip }) => skip === undefined)
  const results = await Promise.all(
    running.map(async (check) => {
      const result = await run(check)
      print(`${result.ok ? 'ok  ' : 'FAIL'} ${check.name} (${(result.elapsedMs / 1000).toFixed(1)} s)`)
      return result
    }),
  )
  const failed = results.filter(({ ok }) => !ok)
  for (const result of failed) print(report(result))
  return failed.length === 0
}

function run(check: Check): Promise<CheckResult> {
  const startedAt = performance.now()
  const [program = '', ...args] = check.command
  const path = [join(ROOT, 'node_modules', '.bin'), process.env['PATH']].join(delimiter)
  const env = { ...process.env, ...check.env, PATH: path }
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(program, args, { cwd: check.cwd ?? ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const end = (ended: boolean): void => {
      const ok = ended && !(check.failsOnOutput === true && output.trim() !== '')
      resolve({ check, ok, output, elapsedMs: performance.now() - startedAt })
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.on('error', (error) => {
      output += error.message
      end(false)
    })
    child.on('close', (code) => end(code === 0))
  })
}

function report({ check, output }: CheckResult): string {
  const remedy = check.remedy === undefined ? [] : [`To mend it: ${check.remedy}`]
  return [`\n${check.name}: ${check.command.join(' ')}`, output.trimEnd(), ...remedy].join('\n')
}
