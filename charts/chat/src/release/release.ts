import type { ChatAppSpecDefaulted } from '@chat-app/crds'
import { canonical } from '../canonical.ts'
import { byService, COMPONENTS, type ByService } from '../components.ts'
import { valueAt } from '../errors.ts'
import { hashOf } from '../hash.ts'
import type { Model } from '../model.ts'
import { knownSpec } from '../resolve.ts'
import { rollingSecrets, secretsOf } from '../secrets.ts'
import type { Facts, KubernetesObject } from '../types.ts'

/**
 * What the pods of a release are made of: their templates, and the configuration that they read. It does not change, also
 * when a newer operator would render it differently.
 */
export interface Release {
  readonly version: string
  /** The part of the resolved spec that it follows from. */
  readonly spec: object
  /** Hash of the Secrets that pods read only at start; empty when there are none. */
  readonly secrets: string
  /** Version of the operator that rendered it. */
  readonly operator: string
  /** Value of the ChatApp's annotation by which a newer rendering of the same spec was taken. */
  readonly update?: string
  /** Value of the ChatApp's annotation by which pods were replaced the last time by the same ones. */
  readonly restart?: string
  /** Pod templates. A release of before may have no worker, as one of a ChatApp without it. */
  readonly templates: ByService<object> & { readonly migrate: object }
  readonly config: Config
}

/** The ConfigMap of a release. */
export interface Config {
  readonly name: string
  readonly immutable?: boolean
  readonly data: Readonly<Record<string, string>>
}

/** The release that this operator renders. @param objects what `desired` returned */
export function releaseOf(model: Model, facts: Facts, objects: readonly KubernetesObject[], operator: string): Release {
  const config = objects.find(({ kind }) => kind === 'ConfigMap')
  return {
    version: model.version,
    spec: releaseSpec(model.spec),
    secrets: rolling(model, facts),
    operator,
    templates: {
      ...byService(model.services, ({ name }) => templateOf(objects, 'Deployment', name)),
      migrate: templateOf(objects, 'Job'),
    },
    config: {
      name: model.names.config,
      immutable: true,
      data: (config?.['data'] as Config['data'] | undefined) ?? {},
    },
  }
}

function templateOf(objects: readonly KubernetesObject[], kind: string, name?: string): object {
  const object = objects.find((each) => each.kind === kind && (name === undefined || each.metadata.name === name))
  return (valueAt(object, ['spec', 'template']) as object | undefined) ?? {}
}

/**
 * Whether the release follows from the same spec and Secrets as the ChatApp, whatever operator rendered it.
 *
 * @param secrets what `rolling` returned for the ChatApp
 */
export function isReleaseOf(release: Release, model: Model, secrets: string): boolean {
  if (release.secrets !== secrets) return false
  return canonicalSpecOf(release) === canonical(releaseSpec(model.spec))
}

/** The fields of which the second release differs, as paths; empty when pods of both are the same. */
export function pathsBetween(a: Release, b: Release): string[] {
  const isOther = (x: object = {}, y: object = {}) => canonical(x) !== canonical(y)
  const templates = COMPONENTS.filter((part) => isOther(a.templates[part], b.templates[part]))
  const config = isOther(a.config.data, b.config.data) ? ['configuration'] : []
  return [...templates.map((part) => `the pods of ${part}`), ...config.map((part) => `the ${part}`)]
}

/** Computed once for each stored release, since every reconciliation compares all of them, and collected with it. */
const canonicalSpecs = new WeakMap<object, string>()

function canonicalSpecOf({ spec }: Release): string {
  const known = canonicalSpecs.get(spec) ?? canonical(resolvedAgain(spec))
  canonicalSpecs.set(spec, known)
  return known
}

/**
 * An older spec lacks the fields that a newer schema added: they get their defaults, as those of the ChatApp do. Fields that a
 * newer operator has stored are left out, as they are of the ChatApp.
 */
function resolvedAgain(spec: object): object {
  const known = knownSpec(spec)
  return known === undefined ? spec : releaseSpec(known)
}

/** A spec without the fields that follow it at once and make no release. */
export function releaseSpec(spec: Model['spec'] | ChatAppSpecDefaulted): object {
  const { exposure: _e, monitoring: _m, networkPolicy: _n, paused: _p, hibernated: _h, rollout: _r, ...kept } = spec
  return {
    ...kept,
    api: unscaled(spec.api),
    websocket: unscaled(spec.websocket),
    ...(spec.worker && { worker: unscaled(spec.worker) }),
    database: withoutCluster(spec.database),
    redis: withoutCluster(spec.redis),
  }
}

function unscaled<T extends { replicas: unknown; autoscaling?: unknown }>({
  replicas: _r,
  autoscaling: _a,
  ...kept
}: T) {
  return kept
}

function withoutCluster<T extends { clusterRef?: unknown }>({ clusterRef: _c, ...kept }: T) {
  return kept
}

/** The Secret keys whose change rolls the pods of a release, as `rollingSecrets`; undefined for a spec that is not known. */
export function rollingSecretsOf({ spec }: Release): string[] | undefined {
  const known = knownSpec(spec)
  return known && rollingSecrets(secretsOf(known))
}

/** Hash of the Secrets that pods read only at start. */
export function rolling({ secrets }: Model, { secretHashes }: Facts): string {
  const values = rollingSecrets(secrets).map((value) => [value, secretHashes[value] ?? ''])
  return values.length === 0 ? '' : hashOf(values)
}
