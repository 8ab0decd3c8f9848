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

/** The lifecycle of every bucket, as S3's own JSON. */
export function lifecycle({ buckets: { oldVersionsDays } }: StorageValues): string {
  return JSON.stringify({ Rules: [oldVersions(oldVersionsDays)] })
}

/**
 * The same, with an end for uploads that were begun and never finished. MinIO ends them by itself after a day, and refuses
 * a rule for it; elsewhere they would stay for ever.
 */
export function lifecycleWithUploads({ buckets: { oldVersionsDays } }: StorageValues): string {
  const uploads = { AbortIncompleteMultipartUpload: { DaysAfterInitiation: oldVersionsDays } }
  return JSON.stringify({ Rules: [{ ...oldVersions(oldVersionsDays), ...uploads }] })
}

function oldVersions(days: number) {
  return {
    ID: 'old-versions',
    Status: 'Enabled',
    Filter: { Prefix: '' },
    NoncurrentVersionExpiration: { NoncurrentDays: days },
    Expiration: { ExpiredObjectDeleteMarker: true },
  }
}
