import { kubectlResults, type KubectlResult } from '@chat-app/kubectl'

export type Said = KubectlResult

/** kubectl for what ends with a code that is no failure, or warns of what it has done. */
export type Cli = (args: readonly string[], input: string) => Promise<Said>

/** What `kubectl diff` compares with: a line around each that differs. */
const DIFF = 'diff -U1 -N'

/** `kubectl` of PATH, for a context of the kubeconfig; rejects only when it cannot be started, or has not ended in time. */
export function kubectlCli(context: string | undefined, timeoutMs = 120_000): Cli {
  const env = { KUBECTL_EXTERNAL_DIFF: DIFF }
  const run = kubectlResults({ binary: 'kubectl', env, ...(context !== undefined && { context }) })
  return (args, input) => run(args, { input, timeoutMs })
}
