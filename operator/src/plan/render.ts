import { componentNamed, REVISION, type ByService, type Component, type Model } from '@chat-app/chat'
import { RELEASE } from '@chat-app/chat/annotations'
import { migrationJob } from '@chat-app/chat/release'
import type { OwnedFacts } from '../observe/facts.ts'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { fittedPolicy, fittedService } from './ports.ts'
import type { Live } from './release/judge.ts'
import { recordObject, type ReleaseRecord } from './release/record.ts'
import type { Selection } from './release/select.ts'
import { PACED, type Replacement } from './replacement.ts'
import { sealed } from './seal.ts'
import { fittedSelector } from './selectors.ts'
import type { Stage } from './stages.ts'

const VERSION = 'app.kubernetes.io/version'

export interface RenderInput {
  readonly model: Model
  readonly facts: OwnedFacts
  /** What `desired` returned. */
  readonly objects: readonly KubeObject[]
  readonly selection: Selection
  readonly stages: ByService<Stage>
  readonly replacements: ByService<Replacement>
  readonly live: Live
  /** Names of the live Jobs. */
  readonly jobs: ReadonlySet<string>
}

/**
 * The sealed objects that should exist, in the order in which they are applied: what is in pods comes from the stored
 * releases, everything else from the present spec. The records and their ConfigMaps precede the migration and the services.
 */
export function render(input: RenderInput): KubeObject[] {
  return input.objects
    .flatMap((object) => renderedAs(object, input))
    .map((object) => fittedSelector(object, liveOf(object, input)))
    .map(sealed)
}

function liveOf(object: KubeObject, { model, live }: RenderInput): KubeObject | undefined {
  const component = componentIn(model, object)
  return component && live.deployments[component]
}

function renderedAs(object: KubeObject, input: RenderInput): KubeObject[] {
  const component = componentIn(input.model, object)
  // A release of before has no worker, also where the present spec has one.
  if (component !== undefined && templateOf(component, input) === undefined) return []
  if (object.kind === 'ConfigMap') return [...configsOf(object, input), ...recordsOf(object, input)]
  if (object.kind === 'Job') return [...jobOf(object, input), ...proofOf(input)]
  if (object.kind === 'Deployment') return [deploymentOf(object, input)]
  if (object.kind === 'Service' || object.kind === 'NetworkPolicy') return [withPorts(object, input)]
  return [object]
}

/** The ConfigMaps of all stored releases, each once. */
function configsOf(object: KubeObject, { selection: { records } }: RenderInput): KubeObject[] {
  const newest = new Map(records.toReversed().map(({ release }) => [release.config.name, release]))
  return [...newest.values()].map(({ version, config: { name, immutable, data } }) => {
    const labels = { ...object.metadata.labels, [VERSION]: version }
    const { immutable: _, ...kept } = object
    return { ...kept, metadata: { ...object.metadata, name, labels }, ...(immutable === true && { immutable }), data }
  })
}

function recordsOf({ metadata: { namespace, labels } }: KubeObject, { selection, facts }: RenderInput): KubeObject[] {
  const origin = { ...(namespace === undefined ? {} : { namespace }), ...(labels && { labels }), owner: facts.owner }
  return selection.records.map((record) => recordObject(record, origin))
}

/** What has run once does not run again, whatever became of its Job; a Job that is still there stays. */
function jobOf(object: KubeObject, { model, selection: { target }, jobs }: RenderInput): KubeObject[] {
  const job = migrationJob(object, model, target.release)
  return target.learned.migration !== undefined && !jobs.has(job.metadata.name) ? [] : [job]
}

function proofOf({ selection: { proof } }: RenderInput): KubeObject[] {
  return proof.job === undefined ? [] : [proof.job]
}

/** With the ports of the pods that run, which another operator may have rendered. */
function withPorts(object: KubeObject, input: RenderInput): KubeObject {
  const component = componentIn(input.model, object)
  const deployment = input.objects.find(
    ({ kind, metadata: { name } }) => kind === 'Deployment' && name === object.metadata.name,
  )
  const rendered = at<object>(deployment, 'spec', 'template')
  const template = component && templateOf(component, input)
  if (component === undefined || rendered === undefined || template === undefined) return object
  if (object.kind === 'Service') return fittedService(object, rendered, template)
  // Pods of any stored release may still run, as those that drain.
  const stored = input.selection.records.flatMap(({ release }) => release.templates[component] ?? [])
  return fittedPolicy(object, rendered, [template, ...stored])
}

function componentIn({ services }: Model, { metadata: { name } }: KubeObject): Component | undefined {
  return componentNamed(name, services)
}

function templateOf(component: Component, { stages, live }: RenderInput): object | undefined {
  const record = stages[component]?.record
  if (record !== undefined) return record.release.templates[component]
  return at<object>(live.deployments[component], 'spec', 'template')
}

function deploymentOf(object: KubeObject, input: RenderInput): KubeObject {
  const { model, facts, stages, live, replacements } = input
  const component = componentIn(model, object)
  if (component === undefined) return object
  const record = stages[component]?.record
  const deployment = live.deployments[component]
  const template = templateOf(component, input)
  const spec = at<Record<string, unknown>>(object, 'spec') ?? {}
  const { replicas, ...rest } = spec
  const kept = facts.replicas[component] === undefined ? { replicas: replicasOf(replicas, record, deployment) } : {}
  const deployed = { ...withRelease(object, record, deployment), spec: { ...rest, ...kept, template } }
  return withReplacement(deployed, replacements[component])
}

function withReplacement(object: KubeObject, { minReadySeconds, paced }: Partial<Replacement> = {}): KubeObject {
  const spec = { ...at<object>(object, 'spec'), ...(minReadySeconds !== undefined && { minReadySeconds }) }
  if (paced === undefined) return { ...object, spec }
  const strategy = at<Record<string, object>>(spec, 'strategy')
  const rollingUpdate = { ...strategy?.['rollingUpdate'], maxUnavailable: 1 }
  const annotations = { ...object.metadata.annotations, [PACED]: paced }
  return {
    ...object,
    metadata: { ...object.metadata, annotations },
    spec: { ...spec, strategy: { ...strategy, rollingUpdate } },
  }
}

/** Pods of a release whose migration has not ended are not started, as after a hibernation. */
function replicasOf(wanted: unknown, record: ReleaseRecord | undefined, live: KubeObject | undefined): unknown {
  const present = at<number>(live, 'spec', 'replicas')
  if (present === undefined || record === undefined || record.learned.migration !== undefined) return wanted
  return Math.min(Number(wanted), present)
}

/** With the release and the version whose template it has, for people and for the next reconciliation. */
function withRelease(object: KubeObject, record: ReleaseRecord | undefined, live: KubeObject | undefined): KubeObject {
  const stored = live?.metadata.annotations
  const number = record === undefined ? stored?.[REVISION] : String(record.number)
  const name = record === undefined ? stored?.[RELEASE] : record.name
  const annotations = {
    ...object.metadata.annotations,
    ...(number !== undefined && { [REVISION]: number }),
    ...(name !== undefined && { [RELEASE]: name }),
  }
  const version = record?.release.version ?? live?.metadata.labels?.[VERSION]
  const labels = { ...object.metadata.labels, ...(version !== undefined && { [VERSION]: version }) }
  return { ...object, metadata: { ...object.metadata, labels, annotations } }
}
