import type { KubernetesObject } from '@chat-app/chat'
import type { Kubectl } from '@chat-app/kubectl'
import { documents, FIELD_MANAGER, resourceOf } from './names.ts'

const NAME = 'chat-app-deployed'

/**
 * Notes in the cluster what was applied, in a ConfigMap beside the ChatApp.
 *
 * @returns what an earlier deployment applied, is not in the bundle any more and is still there: nothing of it is deleted
 * @throws KubectlError when the cluster does not say whether something is there; the note is as it was
 */
export async function noteApplied(
  kubectl: Kubectl,
  namespace: string,
  objects: readonly KubernetesObject[],
): Promise<string[]> {
  const now = objects.map(entry)
  const former = (await applied(kubectl, namespace)).filter((line) => !now.includes(line))
  const left = await present(kubectl, former)
  const metadata = { name: NAME, namespace, labels: { 'app.kubernetes.io/part-of': 'chat-app' } }
  const data = { objects: [...now, ...left].join('\n') }
  const note = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
  await kubectl(['apply', '--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`, '-f', '-'], {
    input: documents([note]),
  })
  return left
}

/** `chat-app-db/Service/mariadb`; `/Namespace/chat-app` for what belongs to the whole cluster. */
function entry(object: KubernetesObject): string {
  return `${object.metadata.namespace ?? ''}/${resourceOf(object)}`
}

async function applied(kubectl: Kubectl, namespace: string): Promise<string[]> {
  const get = [
    'get',
    'configmap',
    NAME,
    '--namespace',
    namespace,
    '--ignore-not-found',
    '-o',
    'jsonpath={.data.objects}',
  ]
  return (await kubectl(get)).split('\n').filter((line) => line !== '')
}

async function present(kubectl: Kubectl, entries: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    entries.map(async (line) => {
      const [namespace = '', ...resource] = line.split('/')
      const where = namespace === '' ? [] : ['--namespace', namespace]
      const get = ['get', resource.join('/'), ...where, '--ignore-not-found', '-o', 'name']
      const name = await kubectl(get).catch((error: Error) => {
        // A kind that is not served any more has no objects either. Any other error says nothing of them.
        if (error.message.includes("the server doesn't have a resource type")) return ''
        throw error
      })
      return name.trim() === '' ? [] : [line]
    }),
  )
  return found.flat()
}
