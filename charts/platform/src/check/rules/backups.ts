import { longestGapDays } from '../../environment/cron.ts'
import { rule, type Rule } from './rule.ts'

export const backupRules: readonly Rule[] = [
  rule(['database', 'storage'], ['database', 'backup', 'bucket'], ({ database, storage }) =>
    database.kind === 'pxc' && database.backup !== undefined && database.backup.bucket === storage?.buckets.files
      ? 'must not be storage.buckets.files: the application can read and delete the objects of that bucket'
      : undefined,
  ),
  rule(['database', 'storage'], ['storage', 'buckets', 'binaryLogDays'], ({ database, storage }) => {
    const backup = database.kind === 'pxc' ? database.backup : undefined
    const kept = storage?.buckets.binaryLogDays
    if (backup?.uploadIntervalSeconds === undefined || kept === undefined) return undefined
    const gap = longestGapDays(backup.schedules.map(({ cron }) => cron)) ?? 0
    if (kept > gap) return undefined
    return `must be at least ${gap + 1}: full backups are up to ${gap} ${gap === 1 ? 'day' : 'days'} apart, and the binary log must reach from one past the next`
  }),
]
