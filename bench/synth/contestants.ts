import { spawn } from 'node:child_process'

/** One way to get the manifests of all environments, as the processes that it takes, one after the other. */
export interface Contestant {
  readonly name: string
  readonly commands: readonly Command[]
}

export interface Command {
  readonly argv: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Milliseconds that its processes take together, from their start to their end.
 *
 * @param env further variables of the environment
 * @throws Error with the standard error of a process that fails
 */
export async function timed({ name, commands }: Contestant, env: Command['env']): Promise<number> {
  const startedAt = performance.now()
  for (const command of commands) await ended(name, { ...command, env: { ...env, ...command.env } })
  return performance.now() - startedAt
}

function ended(name: string, { argv: [program = '', ...args], cwd, env }: Command): Promise<void> {
  return new Promise((resolve, reject) => {
    // Standard output is dropped: reading it would slow the process.
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${name}: ended with ${code}\n${errors}`))
    })
  })
}

/** NaN for no numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
