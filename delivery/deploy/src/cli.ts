import { kubectlResults, type KubectlResult } from '@chat-app/kubectl'

/**
 * Runs kubectl and returns its exit code and output: a code other than 0 may be no failure, and standard error may be
 * warnings.
 */
export type Cli = (args: readonly string[], input: string) => Promise<KubectlResult>

/** The program that `kubectl diff` runs: unified, with one line of context. */
const DIFF = 'diff -U1 -N'

/**
 * `kubectl` of PATH with a context of the kubeconfig. Its promises reject only when kubectl cannot be started or does
 * not end in time.
 *
 * @default timeoutMs two minutes
 */
export function kubectlCli(context: string | undefined, timeoutMs = 120_000): Cli {
  const env = { KUBECTL_EXTERNAL_DIFF: DIFF }
  const run = kubectlResults({ binary: 'kubectl', env, ...(context !== undefined && { context }) })
  return (args, input) => run(args, { input, timeoutMs })
}
