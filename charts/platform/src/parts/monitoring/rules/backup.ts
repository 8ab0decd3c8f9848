import type { BackupValues } from '../../../environment/database.ts'
import type { Alert, RuleGroup } from './rule.ts'
import { thresholds } from './thresholds.ts'

/**
 * Alerts on the backups of the database. The operator has no metrics of them, but runs each as a Job whose name begins
 * with `xb-`, which kube-state-metrics reports. The collector of the binary log has metrics of its own.
 *
 * @param isReplica whether the region replicates from another one, and uploads no binary log
 */
export function backupRules(namespace: string, { uploadIntervalSeconds }: BackupValues, isReplica: boolean): RuleGroup {
  const at = `namespace="${namespace}"`
  const jobs = `${at},job_name=~"xb-.+"`
  const hours = thresholds.backupAgeHours
  return {
    name: 'backup',
    alerts: [
      {
        name: 'BackupOverdue',
        severity: 'critical',
        expr: `time() - max(kube_job_status_completion_time{${jobs}}) > ${hours} * 3600`,
        for: '10m',
        summary: 'The database was not backed up for more than a day',
        description: 'The last backup that succeeded is {{ $value | humanizeDuration }} old.',
      },
      {
        name: 'BackupMissing',
        severity: 'critical',
        expr: `absent(kube_job_status_completion_time{${jobs}})`,
        for: `${hours}h`,
        summary: 'There is no backup of the database',
        description: `Nobody has seen a backup in {{ $labels.namespace }} that succeeded for ${hours} hours.`,
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
    summary: 'Nothing uploads the binary log',
    description:
      'There is no collector of the binary log in {{ $labels.namespace }}, or nobody sees it: what is written now cannot be recovered.',
  }
}

function recoveryRules(at: string): Alert[] {
  return [
    {
      name: 'BinlogGap',
      severity: 'critical',
      expr: `increase(pxc_binlog_collector_gap_detected_total{${at}}[1h]) > 0`,
      summary: 'A piece of the binary log is missing in the backup',
      description:
        '{{ $value | humanize }} gaps in the last hour: nothing after the gap can be recovered until the next full backup.',
    },
    {
      name: 'BinlogUploadStale',
      severity: 'critical',
      expr: `time() - pxc_binlog_collector_last_processing_timestamp{${at}} > ${thresholds.binlogAgeSeconds}`,
      for: '5m',
      summary: 'The binary log is not being uploaded',
      description:
        'The last upload is {{ $value | humanizeDuration }} old; at most 15 minutes of messages may be lost.',
    },
  ]
}
