import { LEARNED, RELEASE } from '@chat-app/chat/annotations'
import type { ControllerRevision, KubeObject } from '../../cluster/objects.ts'

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
  readonly failed?: { readonly reason: string; readonly message: string; readonly at: string }
  /** The verdicts of its proof. */
  readonly proof?: readonly string[]
}

/** The releases that have a record, the newest first. */
export function releasesOf(objects: readonly KubeObject[]): ReleaseRow[] {
  const records = objects.filter((object): object is ControllerRevision => object.kind === 'ControllerRevision')
  const deployments = objects.filter(({ kind }) => kind === 'Deployment')
  return records.map((record) => rowOf(record, deployments)).toSorted((a, b) => b.number - a.number)
}

function rowOf({ metadata, revision, data }: ControllerRevision, deployments: readonly KubeObject[]): ReleaseRow {
  const { name, annotations = {} } = metadata
  const fieldsOf = (key: keyof typeof LEARNED): Fields => learnedIn(annotations[LEARNED[key]])
  const { since } = fieldsOf('good')
  const failed = fieldsOf('failed')
  const reason = textOf(failed['reason'])
  const proof = fieldsOf('proof')
  const verdicts = [proof['before'], proof['during']].flatMap(
    (part) => textOf((part as Fields | null)?.['verdict']) ?? [],
  )
  const runs = deployments.filter((deployment) => deployment.metadata.annotations?.[RELEASE] === name)
  return {
    number: revision ?? 0,
    version: textOf(data?.['version']) ?? '?',
    name,
    operator: textOf(data?.['operator']) ?? '?',
    createdAt: metadata.creationTimestamp,
    runs: runs.map((deployment) => deployment.metadata.labels?.['app.kubernetes.io/component'] ?? '?').toSorted(),
    ...(typeof since === 'string' && { goodSince: since }),
    ...(reason !== undefined && {
      failed: { reason, message: textOf(failed['message']) ?? '', at: textOf(failed['at']) ?? '' },
    }),
    ...(verdicts.length > 0 && { proof: verdicts }),
  }
}

type Fields = Readonly<Record<string, unknown>>

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** What the operator has learned of a release, as JSON; anybody may write an annotation, so a broken one is ignored. */
export function learnedIn(text: string | undefined): Fields {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Fields) : {}
  } catch {
    return {}
  }
}
