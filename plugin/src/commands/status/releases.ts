import type { ControllerRevision, KubeObject } from '../../cluster/objects.ts'

/** Annotation of a Deployment with the name of the record whose template it has. */
const RELEASE = 'chat-app.com/release'

/** A release of a ChatApp, from its record. */
export interface ReleaseRow {
  readonly number: number
  readonly version: string
  /** The record: a ControllerRevision. */
  readonly name: string
  /** Version of the operator that rendered it. */
  readonly operator: string
  readonly createdAt: string
  /** The services whose Deployment has its template. */
  readonly runs: readonly string[]
  /** When it was good, that is all pods of it were available and its proof had passed. */
  readonly goodSince?: string
  readonly failed?: { readonly reason: string; readonly message: string; readonly at?: string }
  /** The verdicts of its proof. */
  readonly proof?: readonly string[]
}

/** The releases that have a record, the newest first. */
export function releasesOf(objects: readonly KubeObject[]): ReleaseRow[] {
  const records = objects.filter((object): object is ControllerRevision => object.kind === 'ControllerRevision')
  const deployments = objects.filter(({ kind }) => kind === 'Deployment')
  return records.map((record) => rowOf(record, deployments)).toSorted((a, b) => b.number - a.number)
}

function rowOf({ metadata, revision = 0, data = {} }: ControllerRevision, deployments: readonly KubeObject[]) {
  const { name, annotations = {} } = metadata
  const good = learned<{ since?: string }>(annotations['chat-app.com/good'])
  const failed = learned<NonNullable<ReleaseRow['failed']>>(annotations['chat-app.com/failed'])
  const proof = learned<Partial<Record<'before' | 'during', { verdict?: string }>>>(annotations['chat-app.com/proof'])
  const verdicts = [proof?.before?.verdict, proof?.during?.verdict].filter((verdict) => verdict !== undefined)
  const runs = deployments.filter((deployment) => deployment.metadata.annotations?.[RELEASE] === name)
  return {
    number: revision,
    version: data.version ?? '?',
    name,
    operator: data.operator ?? '?',
    createdAt: metadata.creationTimestamp,
    runs: runs.map((deployment) => deployment.metadata.labels?.['app.kubernetes.io/component'] ?? '?').toSorted(),
    ...(good?.since !== undefined && { goodSince: good.since }),
    ...(failed !== undefined && { failed: { reason: failed.reason, message: failed.message, at: failed.at ?? '' } }),
    ...(verdicts.length > 0 && { proof: verdicts }),
  }
}

/** What the operator has learned of a release, as JSON; anybody may write an annotation, so a broken one is ignored. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what the operator writes
function learned<T extends object>(text: string | undefined): T | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null')
    return typeof value === 'object' && value !== null ? (value as T) : undefined
  } catch {
    return undefined
  }
}
