import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '..', '..', 'sandbox', 'demo', 'src', 'main.ts')

/** A running demo. */
export interface DemoRun {
  /** Resolves when the command ends, with standard output and standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>
  /** Sends a signal to the command. */
  signal(name: NodeJS.Signals): void
}

/** Starts `npm run demo -- ARGS` without a terminal, in a working directory outside of the checkout. */
export function startDemo(args: readonly string[], env: Readonly<Record<string, string>>): DemoRun {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    env: { ...process.env, ...env },
  })
  const closed = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const ended = Promise.all([closed, text(child.stdout), text(child.stderr)])
  return {
    ended: ended.then(([code, out, err]) => ({ code, output: `${out}\n${err}` })),
    signal: (name) => void child.kill(name),
  }
}
