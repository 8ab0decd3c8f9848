import {
  COMPONENTS,
  desired,
  resolve,
  valueAt,
  type Component,
  type Facts,
  type KubernetesObject,
  type Model,
} from '@chat-app/chat'
import { releaseOf } from '@chat-app/chat/release'
import { kindOf, OPTIONAL_CHILDREN } from '@chat-app/chat/resources'
import { API_VERSION, KIND } from '@chat-app/crds'
import type { KubeObject, StoredChatApp } from '../../cluster/objects.ts'
import type { Owned } from '../../cluster/owned.ts'
import { choose, type Choice, type Live } from './choice.ts'
import { recordsIn, type PlannedRelease } from './records.ts'

export interface PredictInput {
  /** The ChatApp as it is stored; undefined when it does not exist. */
  readonly before: StoredChatApp | undefined
  /** The ChatApp as it would be stored. */
  readonly after: StoredChatApp
  readonly owned: Owned
  /** The version that the operator renders with. */
  readonly operator: string
  /** Open WebSocket connections; undefined when they are not known. */
  readonly connections?: number | undefined
  readonly now: Date
}

/** What all parts of a plan follow from. */
export interface Known {
  readonly input: PredictInput
  readonly model: Model
  /** Faults of the spec, by which the operator holds a part of it. */
  readonly faults: ReturnType<typeof resolve>['faults']
  readonly facts: Facts
  /** What the operator renders for the ChatApp as it is stored; undefined when it does not exist. */
  readonly former: { readonly model: Model; readonly objects: readonly KubernetesObject[] } | undefined
  readonly records: readonly PlannedRelease[]
  readonly deployments: Readonly<Partial<Record<Component, Live>>>
  readonly choice: Choice
}

export function knownOf(input: PredictInput): Known {
  const { before, after, owned, operator, now } = input
  const stored = recordsIn(owned.objects).toSorted((a, b) => b.number - a.number)
  const [newest] = stored
  const { model, faults } = resolved(after, newest)
  const facts = factsOf(model, after, owned)
  const former = before && formerOf(before, newest, facts)
  const records = stored.length > 0 ? stored : standIn(before, former, facts, operator)
  const deployments = deploymentsOf(model.name, former, owned)
  const annotations = after.metadata.annotations ?? {}
  const choice = choose({ model, facts, annotations, records, deployments, operator, now })
  return { input, model, faults, facts, former, records, deployments, choice }
}

function resolved(chatApp: StoredChatApp, newest: PlannedRelease | undefined): ReturnType<typeof resolve> {
  const former = newest === undefined ? {} : { version: newest.release.version, release: newest.release.spec }
  return resolve({ ...chatApp, metadata: { ...chatApp.metadata } }, former)
}

function factsOf(model: Model, { metadata: { name, uid } }: StoredChatApp, { objects, absentKinds }: Owned): Facts {
  const kinds = OPTIONAL_CHILDREN.map((kind) => kindOf(kind)).filter((kind) => !absentKinds.includes(kind))
  const replicas = COMPONENTS.flatMap((component) => {
    const number = replicasOf(deploymentIn(objects, `${model.name}-${component}`))
    return model.services[component]?.autoscaled === true && number > 0 ? [[component, number] as const] : []
  })
  return {
    owner: { apiVersion: API_VERSION, kind: KIND, name, uid },
    secretHashes: {},
    installedKinds: new Set(kinds),
    replicas: Object.fromEntries(replicas),
  }
}

function formerOf(
  before: StoredChatApp,
  newest: PlannedRelease | undefined,
  facts: Facts,
): NonNullable<Known['former']> {
  const { model } = resolved(before, newest)
  return { model, objects: desired(model, facts) }
}

/** Where no record can be read: what is rendered for the ChatApp as it is stored, taken as the release that runs. */
function standIn(
  before: StoredChatApp | undefined,
  former: Known['former'],
  facts: Facts,
  operator: string,
): PlannedRelease[] {
  const number = before?.status?.revision
  if (number === undefined || former === undefined) return []
  const release = releaseOf(former.model, facts, former.objects, operator)
  return [{ name: '', number, release, learned: { migration: {}, good: { number } } }]
}

function deploymentsOf(name: string, former: Known['former'], { objects, unread }: Owned): Known['deployments'] {
  const found = COMPONENTS.flatMap((component) => {
    const called = `${name}-${component}`
    const object = deploymentIn(objects, called)
    if (object !== undefined)
      return [[component, { replicas: replicasOf(object), annotations: object.metadata.annotations ?? {} }] as const]
    const assumed = unread.length > 0 && former !== undefined ? deploymentIn(former.objects, called) : undefined
    return assumed === undefined ? [] : [[component, { replicas: replicasOf(assumed), annotations: {} }] as const]
  })
  return Object.fromEntries(found)
}

function deploymentIn<T extends Pick<KubeObject, 'kind'> & { readonly metadata: { readonly name: string } }>(
  objects: readonly T[],
  name: string,
): T | undefined {
  return objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)
}

/** The rendered Deployment of a service. */
export function renderedOf(
  component: Component,
  { choice, model }: Pick<Known, 'choice' | 'model'>,
): object | undefined {
  return deploymentIn(choice.objects, `${model.name}-${component}`)
}

/** The number of pods of a Deployment. */
export function replicasOf(deployment: object | undefined): number {
  const replicas = valueAt(deployment, ['spec', 'replicas'])
  return typeof replicas === 'number' ? replicas : 0
}
