import type { Kubectl } from '../kubectl.ts'

/** Marks what the demo made, so that it removes that and nothing else. */
export const ownLabel = 'chat-app.com/demo'

/** The namespaces of the local environment and of the operator. */
export const namespaces = ['chat-app', 'chat-app-db', 'chat-app-system'] as const

export interface Labelled {
  readonly [field: string]: unknown
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> }
}

/** The object with the demo's label. */
export function own<T extends Labelled>(object: T): T {
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, [ownLabel]: 'true' } } }
}

/** Applies objects as ours, in the order given. */
export async function applyOwn(kubectl: Kubectl, objects: readonly Labelled[]): Promise<void> {
  const items = objects.map(own)
  await kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=chat-app-demo', '-f', '-'], {
    input: items.map((item) => JSON.stringify(item)).join('\n---\n'),
  })
}

/** Removes the demo's namespaces and the CRD; waits until they are gone. */
export async function removeOwn(kubectl: Kubectl, say: (text: string) => void): Promise<void> {
  const mine = ['-l', `${ownLabel}=true`, '--ignore-not-found', '--wait=true', '--timeout=120s']
  say('removing the ChatApp, the namespaces and the CRD')
  const crd = await kubectl(['get', 'crd', '-l', `${ownLabel}=true`, '-o', 'name'])
  if (crd.includes('chatapps.chat-app.com'))
    await kubectl(['delete', 'chatapps', '--all', '-n', 'chat-app', '--wait=true', '--timeout=60s'])
  await kubectl(['delete', 'namespaces', ...mine], { timeoutMs: 150_000 })
  await kubectl(['delete', 'crd', ...mine], { timeoutMs: 150_000 })
}
