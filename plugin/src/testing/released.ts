import { declaredFacts, desired, model } from '@chat-app/chat'
import { LEARNED, RELEASE } from '@chat-app/chat/annotations'
import { recordName, releaseOf } from '@chat-app/chat/release'
import { chatApp } from '@chat-app/chat/testing'
import type { ChatAppSpecDefaulted, ChatAppSpecInput, ChatAppStatus } from '@chat-app/crds'
import type { KubeObject, StoredChatApp } from '../cluster/objects.ts'

type Spec = Partial<ChatAppSpecInput>

/** A ChatApp as the API server has stored it. */
export function storedChatApp(
  spec: Spec,
  annotations: Record<string, string> = {},
  status?: ChatAppStatus,
): StoredChatApp {
  const given = chatApp(spec, { uid: 'u', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', annotations })
  return {
    ...given,
    metadata: given.metadata as unknown as StoredChatApp['metadata'],
    spec: model(given).spec as ChatAppSpecDefaulted,
    status: { observedGeneration: 1, revision: 1, schemaVersion: 3, operator: { version: '0.1.0' }, ...status },
  }
}

/** What the operator has made of releases, the oldest first: their records, and all other objects of the last one. */
export function releasedObjects(specs: readonly Spec[], learned: readonly object[] = []): KubeObject[] {
  const releases = specs.map((spec, index) => {
    const resolved = model(chatApp(spec))
    const objects = desired(resolved, declaredFacts)
    const release = releaseOf(resolved, declaredFacts, objects, '0.1.0')
    const facts = { migration: {}, good: { number: index + 1, since: '2026-01-01T00:00:00Z' }, ...learned[index] }
    const annotations = Object.entries(facts)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [LEARNED[key as keyof typeof LEARNED], JSON.stringify(value)])
    const name = recordName('chat', release)
    const metadata = { name, annotations: Object.fromEntries(annotations) as object }
    return { name, objects, record: { kind: 'ControllerRevision', metadata, revision: index + 1, data: release } }
  })
  const last = releases.at(-1)
  const objects = (last?.objects ?? []).map(({ metadata, ...object }) => {
    const annotations = object.kind === 'Deployment' ? { [RELEASE]: last?.name } : {}
    return { ...object, metadata: { ...metadata, annotations } }
  })
  return [...releases.map(({ record }) => record), ...objects] as unknown as KubeObject[]
}
