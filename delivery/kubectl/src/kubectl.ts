import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'

/** Where kubectl is and which cluster it talks to. */
export interface KubectlOptions {
  /** Path or name of the program. */
  readonly binary: string
  readonly kubeconfig?: string
  readonly context?: string
}

export interface KubectlRun {
  /** Text for standard input, such as manifests for `apply -f -`. */
  readonly input?: string
  /** After this the process is ended and the call fails; 120,000 by default. */
  readonly timeoutMs?: number
  /** Called with each complete line of standard output as it comes. */
  readonly onLine?: (line: string) => void
  /** Ends the process, and the call fails. */
  readonly signal?: AbortSignal
}

/** Runs kubectl with these arguments; resolves with its standard output, or throws a KubectlError. */
export type Kubectl = (args: readonly string[], run?: KubectlRun) => Promise<string>

/** kubectl ended with a non-zero code; the message is what it printed. */
export class KubectlError extends Error {
  readonly args: readonly string[]

  constructor(args: readonly string[], detail: string) {
    super(`kubectl ${args.join(' ')}: ${detail}`)
    this.name = 'KubectlError'
    this.args = args
  }
}

export function kubectl(options: KubectlOptions): Kubectl {
  const target = [
    ...(options.kubeconfig === undefined ? [] : kubeconfigFlags(options.kubeconfig)),
    ...(options.context === undefined ? [] : ['--context', options.context]),
  ]
  return (args, run = {}) => execute(options.binary, [...target, ...args], args, run)
}

/** What kubectl remembers of the API stands beside the kubeconfig: it goes with the cluster, and no home folder changes. */
function kubeconfigFlags(kubeconfig: string): string[] {
  return ['--kubeconfig', kubeconfig, '--cache-dir', join(dirname(kubeconfig), 'kubectl-cache')]
}

function execute(binary: string, argv: readonly string[], args: readonly string[], run: KubectlRun): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const { timeoutMs: timeout = 120_000, signal } = run
  const child = spawn(binary, argv, { stdio: ['pipe', 'pipe', 'pipe'], timeout, ...(signal && { signal }) })
  const lines = lineSplitter(run.onLine)
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    lines(text)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.on('error', (error) => reject(new KubectlError(args, error.message)))
  child.on('close', (code, signal) => {
    if (code === 0) resolve(out)
    else reject(new KubectlError(args, err.trim() || `ended by ${signal ?? `code ${code}`}`))
  })
  // A process that ends before it has read its input must not end ours.
  child.stdin.on('error', () => {})
  child.stdin.end(run.input ?? '')
  return promise
}

function lineSplitter(onLine: ((line: string) => void) | undefined): (text: string) => void {
  let rest = ''
  return (text) => {
    if (!onLine) return
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
}
