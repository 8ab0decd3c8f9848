import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'

const TIMEOUT_MS = 120_000
const MAX_CHARACTERS = 256 * 1024 * 1024
/** A longer line reaches `onLine` in parts. */
const MAX_LINE_CHARACTERS = 1024 * 1024

/** The kubectl program, and the cluster that it connects to. */
export interface KubectlOptions {
  /** Path or name of the program. */
  readonly binary: string
  /**
   * Path of the kubeconfig.
   *
   * @default kubectl's own: `KUBECONFIG`, then `~/.kube/config`
   */
  readonly kubeconfig?: string
  /**
   * Context of the kubeconfig.
   *
   * @default the current context
   */
  readonly context?: string
  /**
   * Environment variables, in addition to those of this process.
   *
   * @default none
   */
  readonly env?: Readonly<Record<string, string>>
}

/** Options of one call. */
export interface KubectlRun {
  /**
   * Text for standard input, such as manifests for `apply -f -`.
   *
   * @default empty
   */
  readonly input?: string
  /**
   * Time limit. After it the process is killed, and the call rejects. 0 is no limit.
   *
   * @default 120_000
   */
  readonly timeoutMs?: number
  /**
   * The most characters of standard output. After them the process is killed, and the call rejects.
   *
   * @default 268_435_456
   */
  readonly maxCharacters?: number
  /** Receives each line of standard output while kubectl runs. */
  readonly onLine?: (line: string) => void
  /**
   * Whether standard output goes to `onLine` alone, for commands that do not end by themselves; the result has none.
   *
   * @default false
   */
  readonly isStreamed?: boolean
  /** Its abort kills the process, and the call rejects. */
  readonly signal?: AbortSignal
}

/** Runs kubectl with these arguments. Resolves to its standard output, or rejects with a KubectlError. */
export type Kubectl = (args: readonly string[], run?: KubectlRun) => Promise<string>

/** The exit code and the output of kubectl. */
export interface KubectlResult {
  readonly code: number
  readonly out: string
  /** Standard error, trimmed. */
  readonly err: string
}

/** Like `Kubectl`, for commands whose exit code is a result (`diff`), or that print warnings on standard error. */
export type KubectlResults = (args: readonly string[], run?: KubectlRun) => Promise<KubectlResult>

/** kubectl failed, did not start, or was killed. */
export class KubectlError extends Error {
  override readonly name = 'KubectlError'
  readonly args: readonly string[]

  constructor(args: readonly string[], detail: string, options?: ErrorOptions) {
    super(`kubectl ${args.join(' ')}: ${detail}`, options)
    this.args = args
  }
}

/** A function that runs kubectl and rejects with a KubectlError unless the exit code is 0. */
export function kubectl(options: KubectlOptions): Kubectl {
  const results = kubectlResults(options)
  return async (args, run) => {
    const { code, out, err } = await results(args, run)
    if (code === 0) return out
    throw new KubectlError(args, err || `exited with code ${code}`)
  }
}

/**
 * A function that runs kubectl and resolves to any exit code. It rejects with a KubectlError only when kubectl does not
 * start (`cause` has the reason) or is killed.
 */
export function kubectlResults(options: KubectlOptions): KubectlResults {
  const target = [
    ...(options.kubeconfig === undefined ? [] : kubeconfigFlags(options.kubeconfig)),
    ...(options.context === undefined ? [] : ['--context', options.context]),
  ]
  return (args, run = {}) => execute(options, [...target, ...args], args, run)
}

/** The discovery cache is beside the kubeconfig: it is removed with the cluster, and ~/.kube does not change. */
function kubeconfigFlags(kubeconfig: string): string[] {
  return ['--kubeconfig', kubeconfig, '--cache-dir', join(dirname(kubeconfig), 'kubectl-cache')]
}

function execute(
  { binary, env }: KubectlOptions,
  argv: readonly string[],
  args: readonly string[],
  {
    input = '',
    timeoutMs = TIMEOUT_MS,
    maxCharacters = MAX_CHARACTERS,
    onLine,
    isStreamed = false,
    signal,
  }: KubectlRun,
): Promise<KubectlResult> {
  return new Promise<KubectlResult>((resolve, reject) => {
    const child = spawn(binary, argv, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      ...(env && { env: { ...process.env, ...env } }),
      ...(signal && { signal }),
    })
    const lines = lineSplitter(onLine)
    let out = ''
    let err = ''
    let isTooLong = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (out.length + text.length > maxCharacters) isTooLong = child.kill() || isTooLong
      else if (!isStreamed) out += text
      lines.add(text)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err = (err + text).slice(-MAX_LINE_CHARACTERS)))
    child.on('error', (cause) => reject(new KubectlError(args, cause.message, { cause })))
    child.on('close', (code, killedBy) => {
      lines.end()
      if (isTooLong) return reject(new KubectlError(args, `its output has more than ${maxCharacters} characters`))
      if (code !== null) return resolve({ code, out, err: err.trim() })
      const detail = `killed by ${killedBy} (timeout ${timeoutMs / 1000} s)`
      reject(new KubectlError(args, [detail, err.trim()].filter(Boolean).join(': ')))
    })
    // EPIPE when kubectl exits before it has read its input: without a listener it would crash this process.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

function lineSplitter(onLine: ((line: string) => void) | undefined) {
  let rest = ''
  const end = (): void => {
    if (rest !== '') onLine?.(rest)
    rest = ''
  }
  const add = (text: string): void => {
    if (!onLine) return
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
    if (rest.length > MAX_LINE_CHARACTERS) end()
  }
  return { add, end }
}
