import { ChatAppSpec, type ChatApp, type ChatAppSpecDefaulted } from '@chat-app/crds'
import type { z } from 'zod'
import { ModelError, faultText, fieldOf, valueAt, type Fault } from './errors.ts'
import { byService, COMPONENTS, type Component } from './components.ts'
import { identityOf, modelOf, type Model, type ServiceModel, type Workload } from './model.ts'
import { templateFaults } from './overrides.ts'
import { HELD_BY_PART, partsAt, type Part } from './parts.ts'

/** A value of a spec that cannot be used, and what it holds up. */
export interface SpecFault {
  /** `UnsupportedField` for what a newer version of the resource may have: an unknown field, or an unknown value of a choice. */
  readonly reason: 'InvalidSpec' | 'UnsupportedField'
  /** The parts whose objects stay as they are. None for a field that is not known at all: it is ignored. */
  readonly parts: readonly Part[]
  /** The field, such as `spec.exposure.hosts.api`. */
  readonly path: string
  readonly message: string
}

export interface Resolution {
  /** The model, in which faulty values have stand-ins: what comes from a faulty part must not be used. */
  readonly model: Model
  readonly faults: readonly SpecFault[]
}

/** A faulty field, and what is taken out of the spec, so that the rest can be resolved. */
interface Found {
  readonly fault: SpecFault
  readonly removed: readonly PropertyKey[]
}

/** Fields of which the schema has only a rule that this version does not serve them yet. */
const UNSERVED = new Set<PropertyKey | undefined>(['messaging', 'storage'])

/** What is known of the release that was desired before, which stands in for a faulty one. */
export interface Former {
  readonly version?: string | undefined
  /** Its resolved fields of the spec: those that make a release. */
  readonly release?: object | undefined
}

/** Whether the value at a path below `spec` is the default of the schema that the API server has, so that nobody chose it. */
export type IsDefault = (path: readonly PropertyKey[], value: unknown) => boolean

/**
 * The model of a ChatApp whose spec may have faults. An unknown field is left out. Of a faulty value the whole field below
 * `spec`, or below its service, has its default instead; the fields of a release have those of the former release together.
 *
 * @throws ModelError when there is no model at all: the name or the namespace is wrong, or there is no version
 */
export function resolve(chatApp: ChatApp, former: Former = {}, isDefault: IsDefault = () => false): Resolution {
  const names = identityOf(chatApp)
  const { spec, faults, removed } = cleaned(chatApp, former, isDefault)
  const isReleaseFaulty = faults.some(({ parts }) => parts.includes('release'))
  const held =
    isReleaseFaulty && former.release !== undefined ? knownSpec(withRelease(spec, former.release)) : undefined
  const model = modelOf(names, held ?? spec)
  return { model: withoutStandIns(model, faults, held === undefined ? removed : new Set()), faults }
}

/** A spec without the fields that this version does not know; undefined when it is invalid beside them. */
export function knownSpec(spec: object): ChatAppSpecDefaulted | undefined {
  const known = structuredClone(spec)
  const parsed = ChatAppSpec.safeParse(known)
  if (parsed.success) return parsed.data
  for (const { path, ...issue } of parsed.error.issues)
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) remove(known, [...path, key])
  return ChatAppSpec.safeParse(known).data
}

function cleaned({ metadata, spec: given }: ChatApp, { version }: Former, isDefault: IsDefault) {
  const spec: Record<string, unknown> = structuredClone({ ...given })
  const faults: SpecFault[] = []
  const removed = new Set<string>()
  // Each round takes something out that no earlier one did, so this ends.
  for (;;) {
    const parsed = ChatAppSpec.safeParse(spec)
    const found = parsed.success
      ? templateFaults(parsed.data).map((fault) => invalid(fault, given))
      : parsed.error.issues.flatMap((issue) => foundIn(issue, given, isDefault))
    if (parsed.success && found.length === 0) return { spec: parsed.data, faults, removed }
    faults.push(...found.map(({ fault }) => fault))
    if (found.some((each) => !isRemovable(each, removed, version)))
      throw new ModelError(
        metadata.name,
        faults.map(({ message }) => message),
      )
    for (const { removed: path } of found) {
      remove(spec, path)
      removed.add(textOf(path))
    }
    if (removed.has('spec.version')) spec['version'] = version
  }
}

/** The spec with the release of another one. */
function withRelease(spec: ChatAppSpecDefaulted, release: object): object {
  const others = Object.entries(spec).filter(([field]) => partsAt([field]).join() !== 'release')
  const { api, websocket, worker, database, redis } = spec
  const from = (field: string, own: object) => ({ ...(Reflect.get(release, field) as object | undefined), ...own })
  const scaled = (field: Component, { replicas, autoscaling }: Workload) => from(field, { replicas, autoscaling })
  return {
    ...Object.fromEntries(others),
    ...release,
    api: scaled('api', api),
    websocket: scaled('websocket', websocket),
    ...(worker && 'worker' in release && { worker: scaled('worker', worker) }),
    database: from('database', { clusterRef: database.clusterRef }),
    redis: from('redis', { clusterRef: redis.clusterRef }),
  }
}

function foundIn(issue: z.core.$ZodIssue, given: object, isDefault: IsDefault): Found[] {
  if (issue.code !== 'unrecognized_keys') return [invalid(issue, given)]
  return issue.keys.map((key) => {
    const path = [...issue.path, key]
    const what = `${textOf(path)}: this version of the operator does not know the field`
    // A default of a newer version asks for what this one does anyway.
    const parts = isDefault(path, valueAt(given, path)) ? [] : partsAt(path)
    return { removed: path, fault: faultAt(path, 'UnsupportedField', what, parts) }
  })
}

function invalid(issue: Fault & { readonly code?: string }, given: object): Found {
  const { code, path } = issue
  const isUnserved = code === 'custom' && path.length === 1 && UNSERVED.has(path[0])
  const isNewer = code === 'invalid_value' || code === 'invalid_union' || isUnserved
  const fault = faultAt(path, isNewer ? 'UnsupportedField' : 'InvalidSpec', faultText(issue, given, 'spec'))
  const isOfService = COMPONENTS.some((component) => component === path[0])
  return { removed: path.slice(0, isOfService ? 2 : 1), fault }
}

function faultAt(
  path: readonly PropertyKey[],
  reason: SpecFault['reason'],
  what: string,
  parts: readonly Part[] = partsAt(path),
): SpecFault {
  const until = parts[0] === undefined ? 'it is ignored' : `meanwhile ${HELD_BY_PART[parts[0]]} stays as it is`
  return { reason, parts, path: textOf(path), message: `${what}; ${until}` }
}

function textOf(path: readonly PropertyKey[]): string {
  return fieldOf(['spec', ...path])
}

/** Whether the rest can be resolved without it. What is faulty once more was no help to remove. */
function isRemovable({ removed: path }: Found, removed: ReadonlySet<string>, version: string | undefined): boolean {
  if (path.length === 0 || removed.has(textOf(path))) return false
  return path[0] !== 'version' || version !== undefined
}

function remove(spec: object, path: readonly PropertyKey[]): void {
  const [field, ...below] = path
  if (field === undefined) return
  if (below.length === 0) Reflect.deleteProperty(spec, field)
  else {
    const value: unknown = Reflect.get(spec, field)
    if (typeof value === 'object' && value !== null) remove(value, below)
  }
}

/** Without the Secrets and clusters that defaults name in the place of faulty fields, and without decided numbers of pods. */
function withoutStandIns(model: Model, faults: readonly SpecFault[], removed: ReadonlySet<string>): Model {
  const isGiven = ({ field }: { readonly field: string }) => ![...removed].some((path) => field.startsWith(`${path}.`))
  const held = new Set(faults.flatMap(({ parts }) => parts))
  const service = (each: ServiceModel) => (held.has(each.component) ? { ...each, autoscaled: true } : each)
  return {
    ...model,
    services: byService(model.services, service),
    secrets: model.secrets.filter(isGiven),
    clusters: model.clusters.filter(isGiven),
  }
}
