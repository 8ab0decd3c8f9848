import type { BackupValues } from '../../../environment/database.ts'
import type { Alert, RuleGroup } from './rule.ts'
import { THRESHOLDS } from './thresholds.ts'

/**
 * Alerts on the backups of the database. The operator has no metrics of them, but runs each as a Job whose name begins
 * with `xb-`, which kube-state-metrics reports. The collector of the binary log has metrics of its own.
 *
 * @param isReplica whether the region replicates from another one, and uploads no binary log
 */
export function backupRules(namespace: string, { uploadIntervalSeconds }: BackupValues, isReplica: boolean): RuleGroup {
  const at = `namespace="${namespace}"`
  const jobs = `${at},job_name=~"xb-.+"`
  const hours = THRESHOLDS.backupAgeHours
  return {
    name: 'backup',
    alerts: [
      {
        name: 'BackupOverdue',
        severity: 'critical',
        expr: `time() - max(kube_job_status_completion_time{${jobs}}) > ${hours} * 3600`,
        for: '10m',
        summary: 'The last backup of the database is more than a day old',
        description: 'The last successful backup is {{ $value | humanizeDuration }} old.',
      },
      {
        name: 'BackupMissing',
        severity: 'critical',
        expr: `absent(kube_job_status_completion_time{${jobs}})`,
        for: `${hours}h`,
        summary: 'There is no backup of the database',
        description: `No successful backup in {{ $labels.namespace }} has been reported for ${hours} hours.`,
      },
      {
        name: 'BackupFailed',
        severity: 'warning',
        expr: `kube_job_failed{${jobs},condition="true"} == 1
and on (namespace, job_name) time() - kube_job_status_start_time{${jobs}} < 86400`,
        summary: 'A backup of the database failed',
        description: 'The Job {{ $labels.job_name }} failed within the last day.',
      },
      ...(uploadIntervalSeconds === undefined ? [] : recoveryRules(at)),
      ...(uploadIntervalSeconds === undefined || isReplica ? [] : [collectorMissing(at)]),
    ],
  }
}

/**
 * The other two alerts need metrics, so they cannot fire while there is no collector, as after an unfinished restore.
 */
function collectorMissing(at: string): Alert {
  return {
    name: 'BinlogCollectorMissing',
    severity: 'critical',
    expr: `absent(pxc_binlog_collector_last_processing_timestamp{${at}})`,
    for: '10m',
    summary: 'The binary log is not uploaded',
    description:
      'The collector of the binary log in {{ $labels.namespace }} does not run or has no metrics: new writes cannot be recovered.',
  }
}

function recoveryRules(at: string): Alert[] {
  return [
    {
      name: 'BinlogGap',
      severity: 'critical',
      expr: `increase(pxc_binlog_collector_gap_detected_total{${at}}[1h]) > 0`,
      summary: 'The uploaded binary log has a gap',
      description:
        '{{ $value | humanize }} gaps in the last hour: writes after a gap cannot be recovered until the next full backup.',
    },
    {
      name: 'BinlogUploadStale',
      severity: 'critical',
      expr: `time() - pxc_binlog_collector_last_processing_timestamp{${at}} > ${THRESHOLDS.binlogAgeSeconds}`,
      for: '5m',
      summary: 'Uploads of the binary log are late',
      description:
        'The last upload is {{ $value | humanizeDuration }} old; the recovery point objective is 15 minutes.',
    },
  ]
}
