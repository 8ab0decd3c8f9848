import { THRESHOLDS } from '../rules/thresholds.ts'
import type { Dashboard, Row } from './dashboard.ts'
import { figure, lines, query } from './panel.ts'

/** The dashboard of the database. @param size the number of nodes */
export function mysqlDashboard(namespace: string, size: number): Dashboard {
  const at = `namespace="${namespace}"`
  return { name: 'chat-app-mysql-dashboard', title: 'MySQL', rows: [health(at, size), load(at)] }
}

function health(at: string, size: number): Row {
  const backupAge = `time() - max(kube_job_status_completion_time{${at},job_name=~"xb-.+"})`
  return {
    title: 'Is it healthy?',
    panels: [
      figure('Nodes up', 'short', `sum(mysql_up{${at}})`, { from: size, isBelow: true }),
      figure('Nodes in the cluster', 'short', `min(${status(at, 'wsrep_cluster_size')})`, {
        from: size,
        isBelow: true,
      }),
      figure('All nodes ready', 'bool_yes_no', `min(${status(at, 'wsrep_ready')})`, { from: 1, isBelow: true }),
      figure('Age of the last backup', 'dtdurations', backupAge, { from: THRESHOLDS.backupAgeHours * 3600 }),
    ],
  }
}

function load(at: string): Row {
  const ofEach = (expr: string) => [query(expr, '{{pod}}')]
  const rate = (name: string) => ofEach(`rate(${status(at, name)}[5m])`)
  const connections = `${status(at, 'threads_connected')} / mysql_global_variables_max_connections{${at}}`
  const paused = `rate(${status(at, 'wsrep_flow_control_paused_ns')}[5m]) / 1e9`
  return {
    title: 'Load',
    panels: [
      lines('Statements', 'ops', rate('queries')),
      lines('Commits', 'ops', ofEach(`rate(mysql_global_status_commands_total{${at},command="commit"}[5m])`)),
      lines('Connections in use', 'percentunit', ofEach(connections), { from: THRESHOLDS.mysqlConnectionsRatio }),
      lines('Slow statements', 'ops', rate('slow_queries')),
      lines('Row lock waits', 'ops', rate('innodb_row_lock_waits')),
      lines('Paused by flow control', 'percentunit', ofEach(paused), { from: THRESHOLDS.flowControlRatio }),
    ],
  }
}

function status(at: string, name: string): string {
  return `mysql_global_status_${name}{${at}}`
}
