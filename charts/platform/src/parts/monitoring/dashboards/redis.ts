import { THRESHOLDS } from '../rules/thresholds.ts'
import type { Dashboard } from './dashboard.ts'
import { figure, lines, query } from './panel.ts'

/** The dashboard of Redis. @param isCluster whether it is a Redis Cluster, which has slots */
export function redisDashboard(namespace: string, isCluster: boolean): Dashboard {
  const at = `namespace="${namespace}"`
  const ofEach = (expr: string) => [query(expr, '{{pod}}')]
  return {
    name: 'chat-app-redis-dashboard',
    title: 'Redis',
    rows: [
      {
        title: 'Is it healthy?',
        panels: [
          figure('Pods up', 'short', `sum(redis_up{${at}})`, { from: 1, isBelow: true }),
          ...(isCluster
            ? [
                figure('All slots are served', 'bool_yes_no', `min(redis_cluster_state{${at}})`, {
                  from: 1,
                  isBelow: true,
                }),
              ]
            : []),
          figure('Replicas connected', 'short', `sum(redis_connected_slaves{${at}})`, { from: 1, isBelow: true }),
          figure('Snapshots succeed', 'bool_yes_no', `min(redis_rdb_last_bgsave_status{${at}})`, {
            from: 1,
            isBelow: true,
          }),
        ],
      },
      {
        title: 'Load',
        panels: [
          lines(
            'Connections in use',
            'percentunit',
            ofEach(`redis_connected_clients{${at}} / redis_config_maxclients{${at}}`),
            {
              from: THRESHOLDS.redisConnectionsRatio,
            },
          ),
          lines(
            'Memory in use',
            'percentunit',
            ofEach(`redis_memory_used_bytes{${at}} / (redis_memory_max_bytes{${at}} > 0)`),
            {
              from: THRESHOLDS.redisMemoryRatio,
            },
          ),
          lines(
            'Processor cores',
            'short',
            ofEach(`rate(redis_cpu_sys_seconds_total{${at}}[5m]) + rate(redis_cpu_user_seconds_total{${at}}[5m])`),
          ),
          lines('Commands', 'ops', ofEach(`rate(redis_commands_processed_total{${at}}[5m])`)),
          lines('Network', 'bytes', [
            query(`rate(redis_net_input_bytes_total{${at}}[5m])`, '{{pod}} in'),
            query(`rate(redis_net_output_bytes_total{${at}}[5m])`, '{{pod}} out'),
          ]),
          lines('Keys', 'short', [query(`sum by (pod) (redis_db_keys{${at}})`, '{{pod}}')]),
        ],
      },
    ],
  }
}
