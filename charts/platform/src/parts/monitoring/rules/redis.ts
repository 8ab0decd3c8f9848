import type { RedisOperatorValues } from '../../../environment/redis.ts'
import { cores } from './cores.ts'
import type { Alert, RuleGroup } from './rule.ts'
import { THRESHOLDS } from './thresholds.ts'

/** Alerts on Redis, by the exporter of each pod. */
export function redisRules(namespace: string, { kind, name, resources }: RedisOperatorValues): RuleGroup {
  const at = `namespace="${namespace}"`
  const usableCores = Math.min(cores(resources.limits.cpu), 1)
  return {
    name: 'redis',
    alerts: [
      {
        name: 'RedisDown',
        severity: 'critical',
        expr: `redis_up{${at}} == 0`,
        for: '1m',
        summary: 'A Redis process is down',
        description: 'Redis in {{ $labels.pod }} has not answered its exporter for a minute.',
      },
      {
        name: 'RedisConnectionsHigh',
        severity: 'warning',
        expr: `redis_connected_clients{${at}} / redis_config_maxclients{${at}} > ${THRESHOLDS.redisConnectionsRatio}`,
        for: '5m',
        summary: 'Redis is close to maxclients',
        description: '{{ $labels.pod }} has {{ $value | humanizePercentage }} of its connections in use.',
      },
      {
        name: 'RedisMemoryHigh',
        severity: 'warning',
        expr: `redis_memory_used_bytes{${at}} / (redis_memory_max_bytes{${at}} > 0) > ${THRESHOLDS.redisMemoryRatio}`,
        for: '5m',
        summary: 'Redis has little memory left',
        description:
          '{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its maxmemory; a full Redis rejects writes.',
      },
      {
        name: 'RedisCpuHigh',
        severity: 'warning',
        expr: `(rate(redis_cpu_sys_seconds_total{${at}}[5m]) + rate(redis_cpu_user_seconds_total{${at}}[5m])) / ${usableCores} > ${THRESHOLDS.redisCpuRatio}`,
        for: '5m',
        summary: 'Redis has little CPU left',
        description: `{{ $labels.pod }} uses {{ $value | humanizePercentage }} of the ${usableCores} cores that it can use.`,
      },
      {
        name: 'RedisNotSaved',
        severity: 'warning',
        expr: `redis_rdb_last_bgsave_status{${at}} == 0 or redis_aof_last_write_status{${at}} == 0`,
        for: '5m',
        summary: 'Redis cannot write to its volume',
        description: 'The last snapshot, or write to the append-only file, of {{ $labels.pod }} failed.',
      },
      ...replicaRules(at, kind, name),
    ],
  }
}

function replicaRules(at: string, kind: RedisOperatorValues['kind'], name: string): Alert[] {
  const disconnected: Alert = {
    name: 'RedisReplicaDisconnected',
    severity: 'warning',
    expr: `redis_master_link_up{${at}} == 0`,
    for: '5m',
    summary: 'A Redis replica is disconnected from its master',
    description: '{{ $labels.pod }} has no connection to its master: if that fails, this replica cannot take over.',
  }
  const broken: Alert = {
    name: 'RedisClusterBroken',
    severity: 'critical',
    expr: `redis_cluster_state{${at}} == 0`,
    for: '1m',
    summary: 'The Redis Cluster does not serve all slots',
    description: '{{ $labels.pod }} reports that the state of the cluster is not ok.',
  }
  // Leader pods run on different nodes; a follower pod only avoids the node of its own leader.
  const moved: Alert = {
    name: 'RedisMasterMoved',
    severity: 'warning',
    expr: `redis_instance_info{${at},pod=~"${name}-leader-.+",role="slave"} == 1`,
    for: '30m',
    summary: 'A leader pod of Redis is a replica',
    description:
      'The master of {{ $labels.pod }} is a follower pod, which may run on the node of another master: if that node fails, Redis loses its majority.',
  }
  if (kind === 'standalone') return []
  return kind === 'cluster' ? [disconnected, broken, moved] : [disconnected]
}
