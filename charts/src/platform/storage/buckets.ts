import type { Environment } from '../values.ts'
import type { StorageValues } from './values.ts'

/** A bucket of the platform, and the user for whom it is made. */
export interface Bucket {
  readonly name: string
  /** Its keys in the Secret of the users begin with this. */
  readonly user: 'application' | 'backup'
}

/** The bucket of the users' files and, where the database has backups, theirs. */
export function bucketsOf({ database }: Environment, storage: StorageValues): Bucket[] {
  const backups = database.kind === 'pxc' ? database.backup?.bucket : undefined
  return [
    { name: storage.buckets.files, user: 'application' },
    ...(backups === undefined ? [] : [{ name: backups, user: 'backup' as const }]),
  ]
}

/**
 * The lifecycle of a bucket, as S3's own JSON. MinIO removes unfinished uploads by itself, after a day, and refuses a rule
 * for them; elsewhere they would stay for ever.
 */
export function lifecycle({ kind, buckets: { oldVersionsDays } }: StorageValues): string {
  const rule = {
    ID: 'old-versions',
    Status: 'Enabled',
    Filter: { Prefix: '' },
    NoncurrentVersionExpiration: { NoncurrentDays: oldVersionsDays },
    Expiration: { ExpiredObjectDeleteMarker: true },
    ...(kind === 'external' && { AbortIncompleteMultipartUpload: { DaysAfterInitiation: oldVersionsDays } }),
  }
  return JSON.stringify({ Rules: [rule] })
}
