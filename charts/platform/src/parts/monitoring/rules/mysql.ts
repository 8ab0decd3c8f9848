import type { PxcValues } from '../../../environment/database.ts'
import type { Alert, RuleGroup } from './rule.ts'
import { thresholds } from './thresholds.ts'

/**
 * Alerts on the database cluster, by the exporter of each node and by the proxies.
 *
 * @param isReplica whether the database replicates from that of another region
 */
export function mysqlRules(namespace: string, { size, proxy }: PxcValues, isReplica: boolean): RuleGroup {
  const at = `namespace="${namespace}"`
  return {
    name: 'mysql',
    alerts: [
      {
        name: 'MySqlDown',
        severity: 'critical',
        expr: `mysql_up{${at}} == 0`,
        for: '1m',
        summary: 'A database node does not answer',
        description: 'MySQL in {{ $labels.pod }} has not answered its exporter for a minute.',
      },
      {
        name: 'MySqlClusterSmall',
        severity: 'critical',
        expr: `min(mysql_global_status_wsrep_cluster_size{${at}}) < ${size}`,
        for: '5m',
        summary: 'A node of the database cluster is missing',
        description: `The smallest group has {{ $value }} of ${size} nodes.`,
      },
      {
        name: 'MySqlNodeNotReady',
        severity: 'critical',
        expr: `mysql_global_status_wsrep_ready{${at}} == 0`,
        for: '5m',
        summary: 'A database node takes no statements',
        description: '{{ $labels.pod }} is not in step with the cluster, or has no majority with it.',
      },
      {
        name: 'MySqlFlowControl',
        severity: 'warning',
        expr: `rate(mysql_global_status_wsrep_flow_control_paused_ns{${at}}[5m]) / 1e9 > ${thresholds.flowControlRatio}`,
        for: '5m',
        summary: 'A slow database node holds up all writes',
        description:
          '{{ $labels.pod }} was stopped {{ $value | humanizePercentage }} of the time until others had caught up.',
      },
      {
        name: 'MySqlConnectionsHigh',
        severity: 'warning',
        expr: `mysql_global_status_threads_connected{${at}} / mysql_global_variables_max_connections{${at}} > ${thresholds.mysqlConnectionsRatio}`,
        for: '5m',
        summary: 'The database has nearly all the connections that it may have',
        description: '{{ $labels.pod }} has {{ $value | humanizePercentage }} of its max_connections in use.',
      },
      ...(proxy.kind === 'haproxy' ? proxyRules(at) : []),
      ...(isReplica ? replicationRules(at) : []),
    ],
  }
}

function replicationRules(at: string): Alert[] {
  const column = (name: string) => `mysql_slave_status_${name}{${at}}`
  return [
    {
      name: 'MySqlReplicationStopped',
      severity: 'critical',
      // No node has these metrics while it has no channel.
      expr: `(max(${column('slave_io_running')} * ${column('slave_sql_running')}) or vector(0)) == 0`,
      for: '5m',
      summary: 'This region does not follow the active one',
      description: '{{ $value }} nodes run both threads of the replication channel: what is written now is not here.',
    },
    {
      name: 'MySqlReplicationLag',
      severity: 'warning',
      expr: `max(${column('seconds_behind_master')}) > ${thresholds.replicationLagSeconds}`,
      for: '5m',
      summary: 'This region is far behind the active one',
      description: 'It is {{ $value | humanizeDuration }} behind; at most 15 minutes may be lost.',
    },
  ]
}

function proxyRules(at: string): Alert[] {
  return [
    {
      name: 'MySqlProxyWithoutDatabase',
      severity: 'critical',
      expr: `haproxy_backend_active_servers{${at},proxy="galera-nodes"} + haproxy_backend_backup_servers{${at},proxy="galera-nodes"} == 0`,
      for: '1m',
      summary: 'A database proxy has no node to send writes to',
      description: '{{ $labels.pod }} sees no healthy database node.',
    },
  ]
}
