import type { KubernetesObject } from '@chat-app/chat'
import type { Kubectl } from '@chat-app/kubectl'
import { documents, FIELD_MANAGER, resourceOf } from './names.ts'

const CONFIG_MAP = 'chat-app-deployed'

/**
 * Writes the list of applied objects into a ConfigMap in the namespace of the ChatApp.
 *
 * @returns objects of earlier deployments that are no longer in the bundle and still exist; nothing is deleted
 * @throws KubectlError when the cluster does not answer; the list stays unchanged
 */
export async function noteApplied(
  kubectl: Kubectl,
  namespace: string,
  objects: readonly KubernetesObject[],
): Promise<string[]> {
  const now = objects.map(entry)
  const former = (await applied(kubectl, namespace)).filter((line) => !now.includes(line))
  const left = await present(kubectl, former)
  const metadata = { name: CONFIG_MAP, namespace, labels: { 'app.kubernetes.io/part-of': 'chat-app' } }
  const data = { objects: [...now, ...left].join('\n') }
  const note = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
  await kubectl(['apply', '--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`, '-f', '-'], {
    input: documents([note]),
  })
  return left
}

/** `chat-app-db/Service/mariadb`; `/Namespace/chat-app` for an object without a namespace. */
function entry(object: KubernetesObject): string {
  return `${object.metadata.namespace ?? ''}/${resourceOf(object)}`
}

async function applied(kubectl: Kubectl, namespace: string): Promise<string[]> {
  const get = [
    'get',
    'configmap',
    CONFIG_MAP,
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
        // Without its kind an object is gone too. After any other error it may still exist.
        if (error.message.includes("the server doesn't have a resource type")) return ''
        throw error
      })
      return name.trim() === '' ? [] : [line]
    }),
  )
  return found.flat()
}
