import type { Steps } from '@chat-app/cli'
import { applied, chatApp, type Cluster, manifests } from '@chat-app/platform'
import { type KubernetesObject } from '@chat-app/chat'
import type { Kubectl } from '@chat-app/kubectl'
import { applyFile, type File } from './apply.ts'
import { changes } from './changes.ts'
import type { Cli } from './cli.ts'
import { noteApplied } from './inventory.ts'
import { assertKindsServed, look } from './preflight.ts'
import { allReady } from './ready.ts'

/** What is deployed, and to which cluster. */
export interface Plan {
  readonly kubectl: Kubectl
  readonly cli: Cli
  readonly cluster: Cluster
  /** Whether only the ChatApp is applied, to a platform that is there. */
  readonly isReview: boolean
  readonly isDryRun: boolean
  /** How long the foundations of each file, and then everything, may take to be ready. */
  readonly timeoutSeconds: number
  /** Shows the steps, and prints what is done. */
  readonly steps: Pick<Steps, 'next' | 'print'>
}

/**
 * Shows what changes, applies the files in their order, and waits until the operator and then everything is ready.
 *
 * @throws Error with the server's answer, or NotReady
 */
export async function deploy(plan: Plan): Promise<void> {
  const { kubectl, cli, cluster, steps, isReview, isDryRun, timeoutSeconds } = plan
  const files = isReview ? [chatAppFile(cluster)] : bundleFiles(cluster)
  const objects = files.flatMap((file) => file.objects)
  // Besides the files: the comparison, and the wait for everything.
  const total = isDryRun ? 1 : files.length + 2
  steps.next('comparing with the cluster', total)
  const found = await look(kubectl, objects)
  assertKindsServed(found, objects)
  const lines = await changes(cli, found, objects)
  steps.print(lines.length === 0 ? 'nothing changes' : `what changes:\n${indented(lines)}`)
  if (isDryRun) return steps.print('nothing was changed (--dry-run)')
  for (const file of files) {
    steps.next(file.path, total)
    await applyFile(cli, kubectl, file, steps.print)
    await allReady(kubectl, foundations(file.objects, cluster), timeoutSeconds, steps.print)
  }
  steps.next('waiting until everything is ready', total)
  if (!isReview) await printRemoved(plan, objects)
  await allReady(kubectl, objects, timeoutSeconds, steps.print)
}

async function printRemoved({ kubectl, cluster, steps }: Plan, objects: readonly KubernetesObject[]): Promise<void> {
  const removed = await noteApplied(kubectl, cluster.environment.chatApp.namespace, objects)
  if (removed.length === 0) return
  steps.print(`applied earlier and no longer in the bundle; delete what is not needed:\n${indented(removed)}`)
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n')
}

function bundleFiles(cluster: Cluster): File[] {
  return manifests(cluster).filter(({ path }) => !path.startsWith('preview/'))
}

function chatAppFile(cluster: Cluster): File {
  const own = chatApp(cluster).metadata.name
  const objects = applied(cluster).filter(({ kind, metadata }) => kind === 'ChatApp' && metadata.name === own)
  return { path: '90-chatapp.yaml', objects }
}

/**
 * The objects of a file that later files need: the operator, which changes the ChatApp, and what makes the Secrets.
 * Without these no pod starts, and Percona's operator makes passwords of its own.
 */
export function foundations(objects: readonly KubernetesObject[], { environment }: Cluster): KubernetesObject[] {
  const { namespace } = environment.operator
  return objects.filter(({ kind, metadata }) => metadata.namespace === namespace || kind === 'ExternalSecret')
}
