import type { Environment } from '../../environment/environment.ts'
import type { StorageValues } from '../../environment/storage.ts'

/** A bucket with its user and its lifecycle. */
export interface Bucket {
  readonly name: string
  /** The prefix of its keys in the Secret of the users. */
  readonly user: 'application' | 'backup'
  /** The lifecycle rules, in the JSON of S3. */
  readonly rules: readonly object[]
}

/** The bucket of the files and, with backups of the database, that of the backups. */
export function bucketsOf({ database }: Environment, { buckets }: StorageValues): Bucket[] {
  const { files, oldVersionsDays, binaryLogDays } = buckets
  const backups = database.kind === 'pxc' ? database.backup?.bucket : undefined
  const versions = oldVersionsDays === undefined ? [] : [oldVersions(oldVersionsDays)]
  const log = binaryLogDays === undefined ? [] : [binaryLog(binaryLogDays)]
  return [
    { name: files, user: 'application', rules: versions },
    ...(backups === undefined ? [] : [{ name: backups, user: 'backup' as const, rules: [...versions, ...log] }]),
  ]
}

/**
 * A rule that aborts unfinished uploads after a week. MinIO aborts them after a day by itself, and rejects such a rule;
 * other storages keep them forever.
 */
export const UNFINISHED_UPLOADS: object = {
  ID: 'unfinished-uploads',
  Status: 'Enabled',
  Filter: { Prefix: '' },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
}

function oldVersions(days: number): object {
  return {
    ID: 'old-versions',
    Status: 'Enabled',
    Filter: { Prefix: '' },
    NoncurrentVersionExpiration: { NoncurrentDays: days },
    Expiration: { ExpiredObjectDeleteMarker: true },
  }
}

/** The operator of the database never deletes old binary logs. */
function binaryLog(days: number): object {
  return { ID: 'binary-log', Status: 'Enabled', Filter: { Prefix: 'binlogs/' }, Expiration: { Days: days } }
}
