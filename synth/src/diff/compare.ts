import type { ManifestFile } from '@chat-app/platform'
import type { KubernetesObject } from '@chat-app/chat'
import { EFFECTS, effectOf, hasPods, type Effect } from './effects.ts'
import { differences, fieldName } from './fields.ts'

/** The folder with the objects that the operator will create for the ChatApp. */
export const PREVIEW = 'preview'

/** The change of one object. */
export interface Change {
  readonly change: 'added' | 'removed' | 'changed'
  /** `StatefulSet chat-app-db/mariadb`. */
  readonly object: string
  /** Whether the operator creates it for the ChatApp, so that it is not applied. */
  readonly isPreview: boolean
  /** Empty for an object that is added or removed. */
  readonly fields: readonly FieldChange[]
  /** The effect of adding or removing the object, in words. */
  readonly effect: string
}

/** The change of one field. */
export interface FieldChange {
  readonly field: string
  /** Undefined when the field is absent. */
  readonly old: unknown
  readonly new: unknown
  readonly effect: Effect | undefined
}

/** The changes that lead from some manifests of a cluster to others, in the order in which they are applied. */
export function changes(before: readonly ManifestFile[], after: readonly ManifestFile[]): Change[] {
  const old = byIdentity(before)
  const now = byIdentity(after)
  const kept = [...now].flatMap(([identity, { object, isPreview }]) => {
    const earlier = old.get(identity)
    return earlier === undefined ? added(object, isPreview) : changed(earlier.object, object, isPreview)
  })
  const gone = [...old].filter(([identity]) => !now.has(identity)).map(([, entry]) => removed(entry))
  return [...kept, ...gone]
}

interface Entry {
  readonly object: KubernetesObject
  readonly isPreview: boolean
}

function byIdentity(files: readonly ManifestFile[]): Map<string, Entry> {
  const entries = files.flatMap(({ path, objects }) =>
    objects.map((object) => ({ object, isPreview: path.split('/').includes(PREVIEW) })),
  )
  return new Map(entries.map((entry) => [identityOf(entry), entry]))
}

/** The hash of a Job's spec at the end of its name. */
const HASH = /-[0-9a-f]{8,10}$/

function identityOf({ object: { apiVersion, kind, metadata }, isPreview }: Entry): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : ''
  const name = kind === 'Job' ? metadata.name.replace(HASH, '') : metadata.name
  return JSON.stringify([isPreview, group, kind, metadata.namespace, name])
}

function added(object: KubernetesObject, isPreview: boolean): Change[] {
  const starts = hasPods(object.kind) || object.kind === 'Job'
  return [{ change: 'added', object: nameOf(object), isPreview, fields: [], effect: starts ? 'pods start' : '' }]
}

function removed({ object, isPreview }: Entry): Change {
  const effect = isPreview ? '' : 'stays in the cluster until somebody deletes it'
  return { change: 'removed', object: nameOf(object), isPreview, fields: [], effect }
}

function changed(old: KubernetesObject, now: KubernetesObject, isPreview: boolean): Change[] {
  const isRerun = now.kind === 'Job' && old.metadata.name !== now.metadata.name
  const fields = differences(old, now).map(({ path, ...values }) => ({
    ...(now.kind === 'Secret' ? hidden(path, values) : values),
    field: fieldName(path),
    effect: isRerun ? ('rerun' as const) : effectOf(now, path, values),
  }))
  return fields.length === 0 ? [] : [{ change: 'changed', object: nameOf(now), isPreview, fields, effect: '' }]
}

/** The value of a Secret is not shown, only that it changes. */
function hidden(path: readonly string[], values: { readonly old: unknown; readonly new: unknown }) {
  if (path[0] === 'metadata') return values
  const hide = (value: unknown) => (value === undefined ? undefined : '(hidden)')
  return { old: hide(values.old), new: hide(values.new) }
}

function nameOf({ kind, metadata: { name, namespace } }: KubernetesObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

const RESTARTING: ReadonlySet<Effect> = new Set(['restart', 'recreate', 'oneWay'])

/** Objects whose pods restart. */
export function restarting(found: readonly Change[]): string[] {
  return found
    .filter(({ fields }) => fields.some(({ effect }) => effect !== undefined && RESTARTING.has(effect)))
    .map(({ object }) => object)
}

/** The effect of a field's change, in words. */
export function effectText({ effect }: FieldChange): string {
  return effect === undefined ? '' : EFFECTS[effect]
}
