import { THRESHOLDS } from '../rules/thresholds.ts'
import type { Dashboard, Row } from './dashboard.ts'
import { figure, lines, query } from './panel.ts'

const NOT_ZERO = { from: 1, isBelow: true } as const

/** The dashboard of Redis. @param isCluster whether it is a Redis Cluster, which has slots */
export function redisDashboard(namespace: string, isCluster: boolean): Dashboard {
  const at = `namespace="${namespace}"`
  return { name: 'chat-app-redis-dashboard', title: 'Redis', rows: [health(at, isCluster), load(at)] }
}

function health(at: string, isCluster: boolean): Row {
  const slots = figure('All slots are served', 'bool_yes_no', `min(redis_cluster_state{${at}})`, NOT_ZERO)
  return {
    title: 'Is it healthy?',
    panels: [
      figure('Pods up', 'short', `sum(redis_up{${at}})`, NOT_ZERO),
      ...(isCluster ? [slots] : []),
      figure('Replicas connected', 'short', `sum(redis_connected_slaves{${at}})`, NOT_ZERO),
      figure('Snapshots succeed', 'bool_yes_no', `min(redis_rdb_last_bgsave_status{${at}})`, NOT_ZERO),
    ],
  }
}

function load(at: string): Row {
  const ofEach = (expr: string) => [query(expr, '{{pod}}')]
  const rate = (name: string) => `rate(redis_${name}_total{${at}}[5m])`
  const connections = `redis_connected_clients{${at}} / redis_config_maxclients{${at}}`
  const memory = `redis_memory_used_bytes{${at}} / (redis_memory_max_bytes{${at}} > 0)`
  return {
    title: 'Load',
    panels: [
      lines('Connections in use', 'percentunit', ofEach(connections), { from: THRESHOLDS.redisConnectionsRatio }),
      lines('Memory in use', 'percentunit', ofEach(memory), { from: THRESHOLDS.redisMemoryRatio }),
      lines('Processor cores', 'short', ofEach(`${rate('cpu_sys_seconds')} + ${rate('cpu_user_seconds')}`)),
      lines('Commands', 'ops', ofEach(rate('commands_processed'))),
      lines('Network', 'bytes', [
        query(rate('net_input_bytes'), '{{pod}} in'),
        query(rate('net_output_bytes'), '{{pod}} out'),
      ]),
      lines('Keys', 'short', [query(`sum by (pod) (redis_db_keys{${at}})`, '{{pod}}')]),
    ],
  }
}
