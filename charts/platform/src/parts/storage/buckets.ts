import type { Environment } from '../../environment/environment.ts'
import type { StorageValues } from '../../environment/storage.ts'

/** A bucket of the platform, and the user for whom it is made. */
export interface Bucket {
  readonly name: string
  /** Its keys in the Secret of the users begin with this. */
  readonly user: 'application' | 'backup'
  /** What happens to its objects by themselves: a rule is as S3 has it, in JSON. */
  readonly rules: readonly object[]
}

/** The bucket of the users' files and, where the database has backups, theirs. */
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
 * Ends uploads that were begun and never finished. MinIO does that by itself after a day, and refuses a rule for it;
 * elsewhere they would stay for ever.
 */
export const unfinishedUploads: object = {
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

/** The operator of the database never deletes from the folder of the binary log. */
function binaryLog(days: number): object {
  return { ID: 'binary-log', Status: 'Enabled', Filter: { Prefix: 'binlogs/' }, Expiration: { Days: days } }
}
