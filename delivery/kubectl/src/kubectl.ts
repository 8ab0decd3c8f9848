import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'

const TIMEOUT_MS = 120_000

/** Where kubectl is and which cluster it talks to. */
export interface KubectlOptions {
  /** Path or name of the program. */
  readonly binary: string
  readonly kubeconfig?: string
  readonly context?: string
  /** Environment variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>
}

export interface KubectlRun {
  /** Text for standard input, such as manifests for `apply -f -`. */
  readonly input?: string
  /**
   * After this the process is ended and the call fails.
   * @default 120,000
   */
  readonly timeoutMs?: number
  /** Called with each complete line of standard output as it comes. */
  readonly onLine?: (line: string) => void
  /** Ends the process, and the call fails. */
  readonly signal?: AbortSignal
}

/** Runs kubectl with these arguments; resolves with its standard output, or throws a KubectlError. */
export type Kubectl = (args: readonly string[], run?: KubectlRun) => Promise<string>

/** What kubectl printed, and the code that it ended with. */
export interface KubectlResult {
  readonly code: number
  readonly out: string
  /** Standard error, without white space at its ends. */
  readonly err: string
}

/** The same for commands whose code is an answer (`diff`), or that warn on standard error. */
export type KubectlResults = (args: readonly string[], run?: KubectlRun) => Promise<KubectlResult>

/** kubectl failed, did not start, or was ended; the message says how. */
export class KubectlError extends Error {
  override readonly name = 'KubectlError'
  readonly args: readonly string[]

  constructor(args: readonly string[], detail: string, options?: ErrorOptions) {
    super(`kubectl ${args.join(' ')}: ${detail}`, options)
    this.args = args
  }
}

/** Runs kubectl; calls throw a KubectlError unless it ends with code 0. */
export function kubectl(options: KubectlOptions): Kubectl {
  const results = kubectlResults(options)
  return async (args, run) => {
    const { code, out, err } = await results(args, run)
    if (code === 0) return out
    throw new KubectlError(args, err || `ended by code ${code}`)
  }
}

/** Runs kubectl; calls throw a KubectlError only when it does not start (`cause` says why) or is ended. */
export function kubectlResults(options: KubectlOptions): KubectlResults {
  const target = [
    ...(options.kubeconfig === undefined ? [] : kubeconfigFlags(options.kubeconfig)),
    ...(options.context === undefined ? [] : ['--context', options.context]),
  ]
  return (args, run = {}) => execute(options, [...target, ...args], args, run)
}

/** What kubectl remembers of the API stands beside the kubeconfig: it goes with the cluster, and no home folder changes. */
function kubeconfigFlags(kubeconfig: string): string[] {
  return ['--kubeconfig', kubeconfig, '--cache-dir', join(dirname(kubeconfig), 'kubectl-cache')]
}

function execute(
  { binary, env }: KubectlOptions,
  argv: readonly string[],
  args: readonly string[],
  { input = '', timeoutMs = TIMEOUT_MS, onLine, signal }: KubectlRun,
): Promise<KubectlResult> {
  const { promise, resolve, reject } = Promise.withResolvers<KubectlResult>()
  const child = spawn(binary, argv, {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    ...(env && { env: { ...process.env, ...env } }),
    ...(signal && { signal }),
  })
  const lines = lineSplitter(onLine)
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    lines(text)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.on('error', (cause) => reject(new KubectlError(args, cause.message, { cause })))
  child.on('close', (code, endedBy) => {
    if (code !== null) return resolve({ code, out, err: err.trim() })
    const detail = `ended by ${endedBy}; it has ${timeoutMs / 1000} s`
    reject(new KubectlError(args, [detail, err.trim()].filter(Boolean).join(': ')))
  })
  // A process that ends before it has read its input must not end ours.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
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
