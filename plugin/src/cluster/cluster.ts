import {
  kubectl,
  kubectlResults,
  type Kubectl,
  type KubectlResult,
  type KubectlResults,
  type KubectlRun,
} from '@chat-app/kubectl'
import { REQUEST_SECONDS } from '../limits.ts'

/**
 * The cluster of a command, by kubectl: a plugin of kubectl always has it, and every way to authenticate that works
 * with kubectl works here. `logs`, `exec` and `port-forward` are more than a client of the API has.
 */
export interface Cluster {
  readonly kubectl: Kubectl
  readonly results: KubectlResults
  /** Arguments that choose the namespace; none for that of the context. */
  readonly inNamespace: readonly string[]
}

/** The options that choose a cluster and a namespace. */
export interface Target {
  readonly context?: string | undefined
  readonly namespace?: string | undefined
  readonly isAllNamespaces?: boolean
}

export type Connect = (target: Target) => Cluster

interface Program {
  readonly binary: string
  readonly kubeconfig?: string
  /** Its abort ends every process of the program. */
  readonly signal?: AbortSignal
}

/** Connects by a program, with the clusters that it knows. */
export function connectBy({ signal, ...program }: Program): Connect {
  const run = signal === undefined ? {} : { signal }
  return ({ context, namespace, isAllNamespaces = false }) => {
    const options = { ...program, ...(context !== undefined && { context }) }
    const one = namespace === undefined ? [] : ['--namespace', namespace]
    return {
      kubectl: explained(kubectl(options), run),
      results: explained(kubectlResults(options), run),
      inNamespace: isAllNamespaces ? ['--all-namespaces'] : one,
    }
  }
}

function explained<T>(run: (...given: Parameters<Kubectl>) => Promise<T>, always: KubectlRun) {
  return async (...[args, options]: Parameters<Kubectl>): Promise<T> => {
    try {
      return await run(args, { ...always, ...options })
    } catch (error) {
      if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error
      const remedy = 'install it (https://kubernetes.io/docs/tasks/tools), or add its folder to PATH'
      throw new Error(`kubectl is not in PATH: ${remedy}`, { cause: error })
    }
  }
}

export const TIMEOUT = ['--request-timeout', `${REQUEST_SECONDS}s`] as const

/** Why kubectl failed, in one line. */
export function reasonOf(result: Pick<KubectlResult, 'err' | 'code'>): string {
  return reasonsOf(result).join('; ')
}

/** The lines of standard error that say why kubectl failed; the libraries of kubectl repeat them with a prefix. */
export function reasonsOf({ err, code }: Pick<KubectlResult, 'err' | 'code'>): string[] {
  const lines = err.split('\n').filter((line) => line !== '' && !/^[EIW]\d{4} |^Warning: /.test(line))
  const reasons = lines.map((line) => line.replace(/^Error from server \(\w+\): |^error: /, ''))
  return reasons.length === 0 ? [`kubectl exited with code ${code}`] : reasons
}
