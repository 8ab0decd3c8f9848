import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Cli, Said } from './cli.ts'

/** What klog writes before a line of kubectl's libraries, which say the same several times before kubectl says it once. */
const LIBRARY = /^[EIW]\d{4} /

/**
 * Asks the cluster for something that everybody may know.
 *
 * @throws Error that says why it does not answer, who was asked, and how another is named
 */
export async function assertAnswers(cli: Cli, context: string | undefined, env: NodeJS.ProcessEnv): Promise<void> {
  const { code, out, err } = await cli(['get', '--raw', '/version', '--request-timeout=20s'], '').catch(withRemedy)
  if (code === 0) return
  // On standard output is what kubectl asks a person for who is not there.
  const lines = `${out}${err}`.split('\n').filter((line) => line !== '' && !LIBRARY.test(line))
  const asked = `${context === undefined ? 'the current context' : `the context "${context}"`} of ${kubeconfig(env)}`
  const remedy = 'kubectl config get-contexts lists the contexts; --context names one, KUBECONFIG another file'
  throw new Error(`the cluster does not answer: ${lines.join(' ')}\nAsked was ${asked}: ${remedy}.`)
}

function withRemedy(error: Error): Said {
  if ((error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error
  const remedy = 'install it (https://kubernetes.io/docs/tasks/tools), or use the image of delivery/deploy/Dockerfile'
  throw new Error(`kubectl is not in PATH: ${remedy}`, { cause: error })
}

/** The files that kubectl reads. */
function kubeconfig({ KUBECONFIG, HOME = homedir() }: NodeJS.ProcessEnv): string {
  return KUBECONFIG ? `KUBECONFIG=${KUBECONFIG}` : `${join(HOME, '.kube', 'config')} (KUBECONFIG is not set)`
}
