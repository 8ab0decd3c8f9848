import { homedir } from 'node:os'
import { join } from 'node:path'
import type { KubectlResult } from '@chat-app/kubectl'
import type { Cli } from './cli.ts'

/** Prefix that klog writes before lines of kubectl's libraries, which repeat the error that kubectl prints once. */
const LIBRARY = /^[EIW]\d{4} /

/**
 * A pipeline names its context: the current one may be that of another environment.
 *
 * @param env with `CI` in a pipeline
 * @throws Error that says how to name it
 */
export function assertContext(context: string | undefined, env: NodeJS.ProcessEnv): void {
  if (context !== undefined || !isSet(env['CI'])) return
  throw new Error(
    '--context is missing: in a pipeline (the variable CI is set) the current context of the kubeconfig is not taken. Set KUBE_CONTEXT for the environment of the job',
  )
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value)
}

/**
 * Reads the version of the cluster, which every user may read.
 *
 * @throws Error that says why it does not answer, which context and kubeconfig were used, and how to name others
 */
export async function assertAnswers(cli: Cli, context: string | undefined, env: NodeJS.ProcessEnv): Promise<void> {
  const { code, out, err } = await cli(['get', '--raw', '/version', '--request-timeout=20s'], '').catch(withRemedy)
  if (code === 0) return
  // kubectl prints a prompt for a user name to standard output.
  const lines = `${out}${err}`.split('\n').filter((line) => line !== '' && !LIBRARY.test(line))
  const used = `${context === undefined ? 'the current context' : `the context "${context}"`} of ${kubeconfig(env)}`
  const remedy = 'kubectl config get-contexts lists the contexts; --context names one, KUBECONFIG another file'
  throw new Error(`the cluster does not answer: ${lines.join(' ')}\nkubectl used ${used}: ${remedy}.`)
}

function withRemedy(error: Error): KubectlResult {
  if ((error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error
  const remedy = 'install it (https://kubernetes.io/docs/tasks/tools), or use the image of delivery/deploy/Dockerfile'
  throw new Error(`kubectl is not in PATH: ${remedy}`, { cause: error })
}

/** The files that kubectl reads. */
function kubeconfig({ KUBECONFIG, HOME = homedir() }: NodeJS.ProcessEnv): string {
  return KUBECONFIG ? `KUBECONFIG=${KUBECONFIG}` : `${join(HOME, '.kube', 'config')} (KUBECONFIG is not set)`
}
