import { spawn } from 'node:child_process'

/** A way to render the manifests of all environments: processes that run one after the other. */
export interface Contestant {
  readonly name: string
  readonly commands: readonly Command[]
}

/** A process. */
export interface Command {
  readonly argv: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs all processes of a contestant.
 *
 * @param env additional environment variables
 * @returns milliseconds from the start of the first process to the end of the last
 * @throws Error with the standard error of a process that fails
 */
export async function timed({ name, commands }: Contestant, env: Command['env']): Promise<number> {
  const startedAt = performance.now()
  for (const command of commands) await runToEnd(name, { ...command, env: { ...env, ...command.env } })
  return performance.now() - startedAt
}

function runToEnd(name: string, { argv: [program = '', ...args], cwd, env }: Command): Promise<void> {
  return new Promise((resolve, reject) => {
    // Reading the standard output would slow the process.
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${name}: exit code ${code}\n${errors}`))
    })
  })
}

/** The median; NaN for an empty array. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
