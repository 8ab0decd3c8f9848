import type { Kubectl } from '@chat-app/kubectl'

/** Label of the objects that the demo creates. It removes only objects with this label. */
export const OWN_LABEL = 'chat-app.com/demo'

/** The namespaces of the environment `local` and of the operator. */
export const NAMESPACES = ['chat-app', 'chat-app-db', 'chat-app-system'] as const
const CRD = 'customresourcedefinition/chatapps.chat-app.com'
/** The cluster-scoped objects that the demo creates. All its other objects are in its namespaces. */
const ROOTS = [...NAMESPACES.map((name) => `namespace/${name}`), CRD]

const REMOVAL_TIMEOUT_SECONDS = 120

export interface Labelled {
  readonly [field: string]: unknown
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> }
}

/** Returns a copy of the object with the label of the demo. */
export function withOwnLabel<T extends Labelled>(object: T): T {
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, [OWN_LABEL]: 'true' } } }
}

/** Applies the objects with the label of the demo, in the given order. */
export async function applyOwn(kubectl: Kubectl, objects: readonly Labelled[]): Promise<void> {
  const items = objects.map(withOwnLabel)
  await kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=chat-app-demo', '-f', '-'], {
    input: items.map((item) => JSON.stringify(item)).join('\n---\n'),
  })
}

interface Found {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> }
}

/** Returns those of ROOTS that exist, such as `namespace/chat-app`: `own` have the label of the demo, `foreign` do not. */
export async function demoRoots(kubectl: Kubectl): Promise<{ own: string[]; foreign: string[] }> {
  const text = await kubectl(['get', ...ROOTS, '--ignore-not-found', '-o', 'json'])
  // kubectl prints nothing, one object, or a List of several objects.
  const answer = (text === '' ? { items: [] } : JSON.parse(text)) as Found | { readonly items: readonly Found[] }
  const found = 'items' in answer ? answer.items : [answer]
  const names = (isOwn: boolean): string[] =>
    found
      .filter(({ metadata }) => (metadata.labels?.[OWN_LABEL] === 'true') === isOwn)
      .map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`)
  return { own: names(true), foreign: names(false) }
}

/**
 * Deletes the namespaces of the demo, then its CRD, and waits until they are gone.
 *
 * @throws Error if one of them still exists after 2 minutes
 */
export async function removeDemoObjects(kubectl: Kubectl, onProgress: (text: string) => void): Promise<void> {
  const { own } = await demoRoots(kubectl)
  const remaining = new Set(own)
  const remove = async (name: string): Promise<void> => {
    await (name === CRD ? removeAndWait(kubectl, name) : removeNamespace(kubectl, name))
    remaining.delete(name)
    if (remaining.size > 0) onProgress(`remaining: ${[...remaining].join(', ')}`)
  }
  if (remaining.size > 0) onProgress(`removing ${own.join(', ')}`)
  await Promise.all(own.filter((name) => name !== CRD).map(remove))
  if (remaining.has(CRD)) await remove(CRD)
}

/**
 * Deletes the namespace first, so that no new object can be created in it, and then its pods without their usual grace
 * period, because no data has to be saved.
 */
async function removeNamespace(kubectl: Kubectl, name: string): Promise<void> {
  const namespace = name.replace('namespace/', '')
  await kubectl(['delete', name, '--ignore-not-found', '--wait=false'])
  await kubectl(['delete', 'pods,persistentvolumeclaims', '--all', '-n', namespace, '--grace-period=1', '--wait=false'])
  await removeAndWait(kubectl, name)
}

async function removeAndWait(kubectl: Kubectl, name: string): Promise<void> {
  const until = ['--ignore-not-found', '--wait=true', `--timeout=${REMOVAL_TIMEOUT_SECONDS}s`]
  await kubectl(['delete', name, ...until], { timeoutMs: (REMOVAL_TIMEOUT_SECONDS + 10) * 1000 })
}
