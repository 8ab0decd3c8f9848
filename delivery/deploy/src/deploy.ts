import { applied, chatApp, type Cluster, manifests } from '@chat-app/platform'
import { type KubernetesObject } from '@chat-app/chat'
import type { Kubectl } from '@chat-app/kubectl'
import { applyFile, type File } from './apply.ts'
import { changes } from './changes.ts'
import type { Cli } from './cli.ts'
import { noteApplied } from './inventory.ts'
import { assertKindsServed, look } from './preflight.ts'
import { allReady } from './ready.ts'

/** A deployment: where to, and what. */
export interface Plan {
  readonly kubectl: Kubectl
  readonly cli: Cli
  readonly cluster: Cluster
  /** Only the ChatApp, on a platform that is there. */
  readonly isReview: boolean
  readonly isDryRun: boolean
  /** For the foundations of each file, and then for everything. */
  readonly timeoutSeconds: number
  readonly say: (text: string) => void
}

/**
 * Shows what changes, applies the files in their order, and waits until the operator and then everything is ready.
 *
 * @throws Error with the server's answer, or NotReady
 */
export async function deploy(plan: Plan): Promise<void> {
  const { kubectl, cli, cluster, say, isReview, isDryRun, timeoutSeconds } = plan
  const files = isReview ? [chatAppFile(cluster)] : bundleFiles(cluster)
  const objects = files.flatMap((file) => file.objects)
  const found = await look(kubectl, objects)
  assertKindsServed(found, objects)
  const lines = await changes(cli, found, objects)
  say(lines.length === 0 ? 'nothing changes' : `what changes:\n${lines.map((line) => `  ${line}`).join('\n')}`)
  if (isDryRun) return say('nothing was changed (--dry-run)')
  for (const file of files) {
    await applyFile(cli, kubectl, file, say)
    await allReady(kubectl, foundations(file.objects, cluster), timeoutSeconds, say)
  }
  if (!isReview) await sayWhatIsLeft(plan, objects)
  await allReady(kubectl, objects, timeoutSeconds, say)
}

async function sayWhatIsLeft({ kubectl, cluster, say }: Plan, objects: readonly KubernetesObject[]): Promise<void> {
  const left = await noteApplied(kubectl, cluster.environment.chatApp.namespace, objects)
  if (left.length === 0) return
  say(`applied before and not in the bundle any more; a person decides:\n${left.map((line) => `  ${line}`).join('\n')}`)
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
 * What all later files stand on: the operator, without which an old ChatApp serves on as it is, and what makes the Secrets, without
 * which no pod starts, and Percona's operator makes passwords of its own.
 */
export function foundations(objects: readonly KubernetesObject[], { environment }: Cluster): KubernetesObject[] {
  const { namespace } = environment.operator
  return objects.filter(({ kind, metadata }) => metadata.namespace === namespace || kind === 'ExternalSecret')
}
