import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** What kubectl said, and its exit code. */
export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** kubectl for what ends with a code that is no failure, or warns of what it has done. */
export type Cli = (args: readonly string[], input: string) => Promise<Said>

/** What `kubectl diff` compares with: a line around each that differs. */
const DIFF = 'diff -U1 -N'

/** `kubectl` of PATH, for a context of the kubeconfig; rejects only when it cannot be started, or has not ended in time. */
export function kubectlCli(context: string | undefined, timeoutMs = 120_000): Cli {
  const target = context === undefined ? [] : ['--context', context]
  const env = { ...process.env, KUBECTL_EXTERNAL_DIFF: DIFF }
  return async (args, input) => {
    const child = spawn('kubectl', [...target, ...args], { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs, env })
    const code = new Promise<number>((resolve, reject) => {
      child.once('error', reject).once('close', (code, signal) => {
        if (code !== null) return resolve(code)
        reject(new Error(`kubectl ${args.join(' ')}: ended by ${signal}; it has ${timeoutMs / 1000} s`))
      })
    })
    // A process that ends before it has read its input must not end ours.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const [ended, out, err] = await Promise.all([code, text(child.stdout), text(child.stderr)])
    return { code: ended, out, err: err.trim() }
  }
}
