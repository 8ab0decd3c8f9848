import { desired, type Component, type Facts } from '@chat-app/chat'
import { RELEASE } from '@chat-app/chat/annotations'
import { releaseOf, rolling, type Release } from '@chat-app/chat/release'
import type { ChatAppSpecInput } from '@chat-app/crds'
import type { SeenProof } from '../observe/proof.ts'
import { isGood, type Live } from '../plan/release/judge.ts'
import { inputsOf, type ReleaseRecord } from '../plan/release/record.ts'
import { selectRelease, type Selection, type SelectInput } from '../plan/release/select.ts'
import type { KubeObject } from '../runtime/types.ts'
import { PROVEN } from './kubelet.ts'
import { chatModel, deployment, job, pod } from './observed.ts'

type Spec = Partial<ChatAppSpecInput>

export const NOW = new Date('2026-01-01T01:00:00Z')
export const facts = {
  owner: { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', name: 'chat', uid: 'u' },
  secretHashes: {},
  installedKinds: new Set<string>(),
  replicas: {},
}

/** What the operator renders for a spec. */
export function rendered(spec: Spec = {}, known: Facts = facts): { objects: KubeObject[]; fresh: Release } {
  const model = chatModel(spec)
  const objects = desired(model, known)
  return { objects, fresh: releaseOf(model, known, objects, '1.0.0') }
}

/** A selection for a spec: nothing is stored and nothing runs, except as given. */
export function select(spec: Spec = {}, changes: Partial<SelectInput> = {}): Selection {
  const model = chatModel(spec)
  return selectRelease({
    model,
    facts,
    annotations: {},
    fresh: rendered(spec, changes.facts).fresh,
    records: [],
    live: live(spec),
    migrationOf: () => undefined,
    seeProof: (record, part) => seenProof(part === 'before' || isGood(changes.live ?? live(spec), record)),
    urgentFixes: [],
    secrets: 'secrets',
    rolled: rolling(model, changes.facts ?? facts),
    valueHashes: {},
    now: NOW,
    ...changes,
  })
}

/** A proof that has passed, or goes on. */
export function seenProof(hasPassed: boolean): SeenProof {
  const seen = { job: job(), refusal: undefined }
  if (!hasPassed) return { ...seen, live: job(), pods: [pod('prove')], end: undefined }
  return { ...seen, live: undefined, pods: [], end: { exitCode: 0, message: JSON.stringify(PROVEN) } }
}

/** A stored release that has been migrated and was good. */
export function stored(spec: Spec, number: number, learned: ReleaseRecord['learned'] = {}): ReleaseRecord {
  const { target } = select(spec)
  const good = { number, since: '2026-01-01T00:00:00Z' }
  return { ...target, number, isStored: true, learned: { migration: {}, good, ...learned } }
}

/** The live objects of a ChatApp: services run the given releases with all their pods ready, except as given. */
export function live(
  spec: Spec = {},
  runs: Partial<Record<Component, ReleaseRecord>> = {},
  changes: Partial<Live> = {},
): Live {
  const entries = Object.entries(runs) as [Component, ReleaseRecord][]
  return {
    model: chatModel(spec),
    deployments: Object.fromEntries(entries.map(([component, record]) => [component, running(component, record)])),
    pods: entries.map(([component, record]) => podOf(component, record)),
    hasFaults: false,
    ...changes,
  }
}

/** A Deployment that was told to run a release; complete, except as given. */
export function running(component: Component, record: ReleaseRecord, status: object = {}): KubeObject {
  const object = deployment(component, component === 'api' ? 1 : 2, status)
  return { ...object, metadata: { ...object.metadata, annotations: { [RELEASE]: record.name } } }
}

/** A pod of a release. */
export function podOf(
  component: Component,
  record: ReleaseRecord,
  changes: Parameters<typeof pod>[1] = {},
): KubeObject {
  const object = pod(component, changes)
  const labels = { ...object.metadata.labels, 'pod-template-hash': record.name }
  const annotations = { 'chat-app.com/inputs': inputsOf(record, component) ?? '' }
  return { ...object, metadata: { ...object.metadata, labels, annotations } }
}
