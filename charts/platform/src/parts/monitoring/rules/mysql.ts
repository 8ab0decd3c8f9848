import type { PxcValues } from '../../../environment/database.ts'
import type { Alert, RuleGroup } from './rule.ts'
import { THRESHOLDS } from './thresholds.ts'

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
        summary: 'A database node is down',
        description: 'MySQL in {{ $labels.pod }} has not answered its exporter for a minute.',
      },
      {
        name: 'MySqlClusterSmall',
        severity: 'critical',
        expr: `min(mysql_global_status_wsrep_cluster_size{${at}}) < ${size}`,
        for: '5m',
        summary: 'A node of the database cluster is missing',
        description: `A node sees only {{ $value }} of ${size} nodes in the cluster.`,
      },
      {
        name: 'MySqlNodeNotReady',
        severity: 'critical',
        expr: `mysql_global_status_wsrep_ready{${at}} == 0`,
        for: '5m',
        summary: 'A database node is not ready',
        description: '{{ $labels.pod }} rejects statements: it is not synchronized, or is not part of a majority.',
      },
      {
        name: 'MySqlFlowControl',
        severity: 'warning',
        expr: `rate(mysql_global_status_wsrep_flow_control_paused_ns{${at}}[5m]) / 1e9 > ${THRESHOLDS.flowControlRatio}`,
        for: '5m',
        summary: 'A slow database node delays all writes',
        description: 'Flow control paused {{ $labels.pod }} for {{ $value | humanizePercentage }} of the time.',
      },
      {
        name: 'MySqlConnectionsHigh',
        severity: 'warning',
        expr: `mysql_global_status_threads_connected{${at}} / mysql_global_variables_max_connections{${at}} > ${THRESHOLDS.mysqlConnectionsRatio}`,
        for: '5m',
        summary: 'The database is close to max_connections',
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
      summary: 'The database does not replicate from the active region',
      description:
        '{{ $value }} nodes run both threads of the replication channel: this region does not receive new writes.',
    },
    {
      name: 'MySqlReplicationLag',
      severity: 'warning',
      expr: `max(${column('seconds_behind_master')}) > ${THRESHOLDS.replicationLagSeconds}`,
      for: '5m',
      summary: 'The database is far behind that of the active region',
      description: 'It is {{ $value | humanizeDuration }} behind; the recovery point objective is 15 minutes.',
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
      summary: 'A database proxy has no healthy node',
      description: '{{ $labels.pod }} has no healthy database node to send writes to.',
    },
  ]
}
