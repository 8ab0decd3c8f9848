import type { Kubectl } from '@chat-app/kubectl'

/** Marks what the demo made, so that it removes that and nothing else. */
export const OWN_LABEL = 'chat-app.com/demo'

/** The NAMESPACES of the local environment and of the operator. */
export const NAMESPACES = ['chat-app', 'chat-app-db', 'chat-app-system'] as const
const CRD = 'customresourcedefinition/chatapps.chat-app.com'
/** All that the demo makes outside of its NAMESPACES, and those. */
const ROOTS = [...namespaces.map((name) => `namespace/${name}`), CRD]

const REMOVAL_TIMEOUT_SECONDS = 120

export interface Labelled {
  readonly [field: string]: unknown
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> }
}

/** The object with the demo's label. */
export function withOwnLabel<T extends Labelled>(object: T): T {
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, [OWN_LABEL]: 'true' } } }
}

/** Applies objects as ours, in the order given. */
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

/** Which NAMESPACES and CRD of the demo's names are there, and which of those the demo made: `namespace/chat-app`. */
export async function demoRoots(kubectl: Kubectl): Promise<{ ours: string[]; foreign: string[] }> {
  const text = await kubectl(['get', ...roots, '--ignore-not-found', '-o', 'json'])
  // Nothing, one object or a list, as there are.
  const answer = (text === '' ? { items: [] } : JSON.parse(text)) as Found | { readonly items: readonly Found[] }
  const found = 'items' in answer ? answer.items : [answer]
  const names = (isOurs: boolean): string[] =>
    found
      .filter(({ metadata }) => (metadata.labels?.[OWN_LABEL] === 'true') === isOurs)
      .map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`)
  return { ours: names(true), foreign: names(false) }
}

/** Removes the demo's NAMESPACES and then its CRD; waits until they are gone, 2 minutes for each at most. */
export async function removeDemoObjects(kubectl: Kubectl, onProgress: (text: string) => void): Promise<void> {
  const { ours } = await demoRoots(kubectl)
  const waiting = new Set(ours)
  const remove = async (name: string): Promise<void> => {
    await (name === CRD ? removeAndWait(kubectl, name) : removeNamespace(kubectl, name))
    waiting.delete(name)
    if (waiting.size > 0) onProgress(`still there: ${[...waiting].join(', ')}`)
  }
  if (waiting.size > 0) onProgress(`removing ${ours.join(', ')}`)
  await Promise.all(ours.filter((name) => name !== CRD).map(remove))
  if (waiting.has(CRD)) await remove(CRD)
}

/** Once a namespace is being deleted nothing new is made in it. Its pods have nothing left to end in good order. */
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
