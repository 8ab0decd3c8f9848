import { THRESHOLDS } from '../rules/thresholds.ts'
import type { Dashboard } from './dashboard.ts'
import { figure, lines, query } from './panel.ts'

/** The dashboard of the database. @param size the number of nodes */
export function mysqlDashboard(namespace: string, size: number): Dashboard {
  const at = `namespace="${namespace}"`
  const status = (name: string) => `mysql_global_status_${name}{${at}}`
  const ofEach = (expr: string) => [query(expr, '{{pod}}')]
  const rate = (name: string) => ofEach(`rate(${status(name)}[5m])`)
  return {
    name: 'chat-app-mysql-dashboard',
    title: 'MySQL',
    rows: [
      {
        title: 'Is it healthy?',
        panels: [
          figure('Nodes up', 'short', `sum(mysql_up{${at}})`, { from: size, isBelow: true }),
          figure('Nodes in the cluster', 'short', `min(${status('wsrep_cluster_size')})`, {
            from: size,
            isBelow: true,
          }),
          figure('All nodes ready', 'bool_yes_no', `min(${status('wsrep_ready')})`, {
            from: 1,
            isBelow: true,
          }),
          figure(
            'Age of the last backup',
            'dtdurations',
            `time() - max(kube_job_status_completion_time{${at},job_name=~"xb-.+"})`,
            {
              from: THRESHOLDS.backupAgeHours * 3600,
            },
          ),
        ],
      },
      {
        title: 'Load',
        panels: [
          lines('Statements', 'ops', rate('queries')),
          lines('Commits', 'ops', ofEach(`rate(mysql_global_status_commands_total{${at},command="commit"}[5m])`)),
          lines(
            'Connections in use',
            'percentunit',
            ofEach(`${status('threads_connected')} / mysql_global_variables_max_connections{${at}}`),
            {
              from: THRESHOLDS.mysqlConnectionsRatio,
            },
          ),
          lines('Slow statements', 'ops', rate('slow_queries')),
          lines('Row lock waits', 'ops', rate('innodb_row_lock_waits')),
          lines(
            'Paused by flow control',
            'percentunit',
            ofEach(`rate(${status('wsrep_flow_control_paused_ns')}[5m]) / 1e9`),
            {
              from: THRESHOLDS.flowControlRatio,
            },
          ),
        ],
      },
    ],
  }
}
