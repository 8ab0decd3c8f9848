import { gte, valid } from 'semver'
import type { StoredRelease } from './stored.ts'

/** Why a version cannot run on the schema that the stored releases have left; undefined when it can. */
export function schemaRefusal(version: string, records: readonly StoredRelease[]): string | undefined {
  const demanding = records.find(({ learned: { migration } }) => !runsOn(version, migration?.minimumVersion))
  if (demanding === undefined) return undefined
  const minimum = demanding.learned.migration?.minimumVersion ?? ''
  return `release ${version} cannot run on the schema of release ${demanding.release.version}, which needs at least ${minimum}`
}

/** Why going back to `to` is not possible; undefined when it is. */
export function rollbackRefusal(to: StoredRelease, records: readonly StoredRelease[]): string | undefined {
  const final = records.find(
    ({ number, learned: { migration } }) => number > to.number && migration?.irreversible === true,
  )
  if (final !== undefined)
    return `the migration of release ${final.release.version} is irreversible, so release ${to.release.version} cannot run any more`
  return schemaRefusal(
    to.release.version,
    records.filter(({ name }) => name !== to.name),
  )
}

/** Versions that are not semantic cannot be compared, and run. */
function runsOn(version: string, minimum: string | undefined): boolean {
  if (minimum === undefined || valid(version) === null || valid(minimum) === null) return true
  return gte(version, minimum)
}
