import type { KubernetesObject } from '@chat-app/chat'
import type { Kubectl } from '@chat-app/kubectl'
import { documents, FIELD_MANAGER, resourceOf } from './names.ts'

const CONFIG_MAP = 'chat-app-deployed'

/** What is deployed. */
export interface Release {
  /** The folder of the cluster: `staging`, or `prod/eu-central`. */
  readonly environment: string
  /** A semantic version. */
  readonly version: string
}

/** What a cluster says about the bundle in it: the ConfigMap `chat-app-deployed` in the namespace of the ChatApp. */
export interface DeployRecord extends Partial<Release> {
  /**
   * `deploying` from before the first object until the last one is applied.
   *
   * @default a release before this field applied all objects
   */
  readonly state?: 'deploying' | 'deployed'
  /** The applied objects as `entry` writes them, and those of earlier deployments that still exist. */
  readonly objects: readonly string[]
  /** When it was written, by the clock of the API server. @default the API server does not say it */
  readonly writtenAt?: string
}

/**
 * Reads the record.
 *
 * @returns undefined when the namespace has none
 * @throws KubectlError when the cluster does not answer
 */
export async function readRecord(kubectl: Kubectl, namespace: string): Promise<DeployRecord | undefined> {
  const target = ['configmap', CONFIG_MAP, '--namespace', namespace]
  const text = await kubectl(['get', ...target, '--ignore-not-found', '--show-managed-fields', '-o', 'json'])
  if (text === '') return undefined
  const { data = {}, metadata } = JSON.parse(text) as Stored
  const { environment, version, state } = data
  const writtenAt = metadata.managedFields?.find(({ manager }) => manager === FIELD_MANAGER)?.time
  return {
    objects: (data.objects ?? '').split('\n').filter((line) => line !== ''),
    ...(environment !== undefined && { environment }),
    ...(version !== undefined && { version }),
    ...(state !== undefined && { state }),
    ...(writtenAt !== undefined && { writtenAt }),
  }
}

/**
 * Writes the record before the first object: the release, `deploying`, and all objects that may exist from then on.
 *
 * @param former the objects of the record until now
 * @returns the recorded objects
 * @throws KubectlError when the cluster does not take it
 */
export async function recordBegin(
  kubectl: Kubectl,
  namespace: string,
  release: Release,
  objects: readonly KubernetesObject[],
  former: readonly string[],
): Promise<string[]> {
  const all = [...new Set([...objects.map(entry), ...former])]
  await write(kubectl, namespace, { ...release, state: 'deploying', objects: all })
  return all
}

/**
 * Writes the record after the last object: `deployed`, and the objects that exist.
 *
 * @param former the objects of the record until now
 * @returns objects of earlier deployments that are no longer in the bundle and still exist; nothing is deleted
 * @throws KubectlError when the cluster does not answer; the record stays unchanged
 */
export async function recordEnd(
  kubectl: Kubectl,
  namespace: string,
  release: Release,
  objects: readonly KubernetesObject[],
  former: readonly string[],
): Promise<string[]> {
  const now = objects.map(entry)
  const gone = former.filter((line) => !now.includes(line))
  const left = await present(kubectl, gone)
  await write(kubectl, namespace, { ...release, state: 'deployed', objects: [...now, ...left] })
  return left
}

/** `chat-app-db/Service/mariadb`; `/Namespace/chat-app` for an object without a namespace. */
export function entry(object: KubernetesObject): string {
  return `${object.metadata.namespace ?? ''}/${resourceOf(object)}`
}

async function write(kubectl: Kubectl, namespace: string, { objects, ...said }: DeployRecord): Promise<void> {
  const metadata = { name: CONFIG_MAP, namespace, labels: { 'app.kubernetes.io/part-of': 'chat-app' } }
  const record = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { ...said, objects: objects.join('\n') } }
  await kubectl(['apply', '--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`, '-f', '-'], {
    input: documents([record]),
  })
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

interface Stored {
  readonly metadata: { readonly managedFields?: readonly { readonly manager: string; readonly time?: string }[] }
  readonly data?: Partial<Release> & { readonly state?: DeployRecord['state']; readonly objects?: string }
}
