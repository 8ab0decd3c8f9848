import { databaseMajor, databaseVersionFault } from '@chat-app/platform'
import { isOlder } from '@chat-app/release'
import type { KubernetesObject } from '@chat-app/chat'
import type { Kubectl } from '@chat-app/kubectl'
import type { Cli } from './cli.ts'
import { existing, foreignFields, type Existing } from './existing.ts'
import { MAX_LISTED } from './limits.ts'
import { title } from './names.ts'
import { entry, type DeployRecord, type Release } from './record.ts'

/** What `--accept` can name, and what it accepts. */
export const ACCEPTABLE = {
  'other-environment': 'the cluster holds another environment, which is replaced',
  'older-version': 'the cluster has a newer version',
  'existing-objects': 'objects exist that no deployment has recorded; they are taken over',
  'foreign-fields': 'fields that somebody else has set are set back',
  'database-upgrade': 'the database gets a newer major version, from which there is no way back',
} as const
export type Acceptable = keyof typeof ACCEPTABLE

/** Why a deployment is refused unless `--accept` names it. */
export interface Objection {
  /** @default nothing accepts it */
  readonly accept?: Acceptable
  readonly reason: string
}

/** What is deployed, and what the cluster has. */
export interface Deployment {
  readonly kubectl: Kubectl
  readonly cli: Cli
  readonly release: Release
  /** @default the cluster has none */
  readonly record: DeployRecord | undefined
  /** The objects whose kind and namespace exist. */
  readonly objects: readonly KubernetesObject[]
  /** Whether only the ChatApp of a review is applied, which no record lists. */
  readonly isReview: boolean
}

/**
 * What speaks against a deployment: another environment, an older version, objects that are not recorded as ours,
 * fields of others, and another major version of the database.
 *
 * @throws Error when the cluster does not answer, or refuses an object
 */
export async function objections({
  kubectl,
  cli,
  release,
  record,
  objects,
  isReview,
}: Deployment): Promise<Objection[]> {
  const found = await existing(kubectl, objects)
  const fields = await foreignFields(
    cli,
    found.map(({ object }) => object),
  )
  const recorded = new Set(record?.objects)
  const unrecorded = isReview ? [] : found.filter(({ object }) => !recorded.has(entry(object)))
  return [
    ...(record === undefined ? [] : aboutRecord(record, release)),
    // The version of a review says nothing about that of the environment.
    ...(isReview ? [] : aboutVersion(record?.version, release)),
    ...(unrecorded.length === 0 ? [] : [aboutExisting(unrecorded)]),
    ...(fields.length === 0 ? [] : [aboutFields(fields)]),
    ...found.flatMap(aboutDatabase),
  ]
}

/** @throws Error that lists what is not accepted */
export function assertAccepted(found: readonly Objection[], accepted: readonly Acceptable[]): void {
  const refused = found.filter(({ accept }) => accept === undefined || !accepted.includes(accept))
  if (refused.length === 0) return
  const flags = [...new Set([...accepted, ...refused.flatMap(({ accept }) => accept ?? [])])].join(',')
  const isFinal = refused.some(({ accept }) => accept === undefined)
  throw new Error(
    [
      'refused, and nothing was changed:',
      ...refused.map(({ reason }) => `  ${reason}`),
      `Check --env, --cluster and --context first.${isFinal ? '' : ` To deploy all the same: --accept ${flags}`}`,
    ].join('\n'),
  )
}

function aboutRecord({ environment, version }: DeployRecord, release: Release): Objection[] {
  if (environment === release.environment) return []
  const reason =
    environment === undefined
      ? 'the record of the cluster does not name its environment: a release before this one wrote it'
      : `the cluster holds ${environment} ${version}, and this is ${release.environment}`
  return [{ accept: 'other-environment', reason }]
}

function aboutVersion(deployed: string | undefined, { version }: Release): Objection[] {
  if (deployed === undefined || !isOlder(version, deployed)) return []
  return [{ accept: 'older-version', reason: `the cluster has version ${deployed}, and ${version} is older` }]
}

function aboutExisting(found: readonly Existing[]): Objection {
  const names = found.map(({ object, managers }) => `${title(object)} (written by ${managers.join(', ')})`)
  return {
    accept: 'existing-objects',
    reason: `${names.length === 1 ? 'this object exists' : 'these objects exist'}, and no deployment has recorded ${names.length === 1 ? 'it' : 'them'}: ${listed(names)}`,
  }
}

function aboutFields(lines: readonly string[]): Objection {
  return { accept: 'foreign-fields', reason: `somebody else has set fields: ${listed(lines)}` }
}

/** A newer operator starts the database with whatever image it is given. */
function aboutDatabase({ object, live }: Existing): Objection[] {
  if (object.kind !== 'PerconaXtraDBCluster') return []
  const fault = databaseVersionFault(majorOf(live), majorOf(object))
  if (fault === undefined) return []
  const reason = `${title(object)}: ${fault.message}`
  return [fault.isUpgrade ? { accept: 'database-upgrade', reason } : { reason }]
}

function majorOf(cluster: KubernetesObject): string | undefined {
  const { spec } = cluster as { readonly spec?: { readonly pxc?: { readonly image?: unknown } } }
  return databaseMajor(spec?.pxc?.image)
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, MAX_LISTED).map((item) => `\n    ${item}`)
  return [...shown, ...(items.length > MAX_LISTED ? [`\n    and ${items.length - MAX_LISTED} more`] : [])].join('')
}
