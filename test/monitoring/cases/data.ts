import { around, constant, counter, step, type Case } from './case.ts'

const data = 'namespace="chat-app-db",pod="chat-app-0"'
const of = (name: string, labels = '') => `${name}{${data}${labels === '' ? '' : `,${labels}`}}`
const gauge =
  (name: string, labels = '') =>
  (value: number) => [constant(of(name, labels), value)]
const ratio = (used: string, limit: string) => (percent: number) => [
  constant(of(used), percent),
  constant(of(limit), 100),
]
const isDown = { above: 0, below: 1 }
const overEighty = { above: 81, below: 79 }

/** Production's CPU limit is 200m: the threshold of 70 % is 8.4 s per minute. */
const processor = (secondsPerMinute: number) => [
  counter(of('redis_cpu_sys_seconds_total'), secondsPerMinute / 2),
  counter(of('redis_cpu_user_seconds_total'), secondsPerMinute / 2),
]

const redisRole = (pods: string, role: string) => [
  constant(`redis_instance_info{namespace="chat-app-db",pod="chat-app-redis-${pods}-0",role="${role}"}`, 1),
]

export const redisCases: readonly Case[] = [
  around('RedisDown', gauge('redis_up'), isDown),
  around('RedisConnectionsHigh', ratio('redis_connected_clients', 'redis_config_maxclients'), overEighty),
  {
    alert: 'RedisMemoryHigh',
    fires: [ratio('redis_memory_used_bytes', 'redis_memory_max_bytes')(81)],
    quiet: [
      ratio('redis_memory_used_bytes', 'redis_memory_max_bytes')(79),
      // 0 means no limit.
      [constant(of('redis_memory_used_bytes'), 81), constant(of('redis_memory_max_bytes'), 0)],
    ],
  },
  around('RedisCpuHigh', processor, { above: 8.6, below: 8.2 }),
  {
    alert: 'RedisNotSaved',
    fires: [gauge('redis_rdb_last_bgsave_status')(0), gauge('redis_aof_last_write_status')(0)],
    quiet: [[...gauge('redis_rdb_last_bgsave_status')(1), ...gauge('redis_aof_last_write_status')(1)]],
  },
  around('RedisReplicaDisconnected', gauge('redis_master_link_up'), isDown),
  around('RedisClusterBroken', gauge('redis_cluster_state'), isDown),
  {
    alert: 'RedisMasterMoved',
    fires: [redisRole('leader', 'slave')],
    quiet: [redisRole('leader', 'master'), redisRole('follower', 'slave'), redisRole('follower', 'master')],
  },
]

const replication = (io: number, sql: number) => [
  constant(of('mysql_slave_status_slave_io_running'), io),
  constant(of('mysql_slave_status_slave_sql_running'), sql),
]
const proxies = (active: number, backup: number) => [
  constant(of('haproxy_backend_active_servers', 'proxy="galera-nodes"'), active),
  constant(of('haproxy_backend_backup_servers', 'proxy="galera-nodes"'), backup),
]

export const mysqlCases: readonly Case[] = [
  around('MySqlDown', gauge('mysql_up'), isDown),
  around('MySqlClusterSmall', gauge('mysql_global_status_wsrep_cluster_size'), { above: 2, below: 3 }),
  around('MySqlNodeNotReady', gauge('mysql_global_status_wsrep_ready'), isDown),
  around(
    'MySqlFlowControl',
    (secondsPerMinute) => [counter(of('mysql_global_status_wsrep_flow_control_paused_ns'), secondsPerMinute * 1e9)],
    { above: 6.6, below: 5.4 },
  ),
  around(
    'MySqlConnectionsHigh',
    ratio('mysql_global_status_threads_connected', 'mysql_global_variables_max_connections'),
    overEighty,
  ),
  { alert: 'MySqlProxyWithoutDatabase', fires: [proxies(0, 0)], quiet: [proxies(1, 0), proxies(0, 1)] },
  {
    alert: 'MySqlReplicationStopped',
    fires: [replication(1, 0), replication(0, 1), [constant(of('mysql_up'), 1)]],
    quiet: [replication(1, 1)],
  },
  around('MySqlReplicationLag', gauge('mysql_slave_status_seconds_behind_master'), { above: 310, below: 290 }),
]

const HOUR_MINUTES = 60
const job = 'namespace="chat-app-db",job_name="xb-cron-chat-app-mysql-s3-2026"'
const completed = (seconds: number, labels = job) => [constant(`kube_job_status_completion_time{${labels}}`, seconds)]
const failed = (condition: string, started: number) => [
  constant(`kube_job_failed{${job},condition="${condition}"}`, 1),
  constant(`kube_job_status_start_time{${job}}`, started),
]

export const backupCases: readonly Case[] = [
  {
    alert: 'BackupOverdue',
    interval: 10,
    begins: 26 * HOUR_MINUTES,
    at: 26 * HOUR_MINUTES + 30,
    fires: [completed(0)],
    quiet: [completed(HOUR_MINUTES * 60)],
  },
  {
    alert: 'BackupMissing',
    interval: 30,
    fires: [[], completed(0, 'namespace="chat-app-db",job_name="mysql-bootstrap"')],
    quiet: [completed(0)],
  },
  {
    alert: 'BackupFailed',
    interval: 30,
    at: 23 * HOUR_MINUTES,
    fires: [failed('true', 0)],
    quiet: [failed('true', -2 * 3600), failed('false', 0)],
  },
  {
    alert: 'BinlogGap',
    begins: 10,
    at: 20,
    fires: [[step(of('pxc_binlog_collector_gap_detected_total'), { before: 3, after: 4, at: 10 })]],
    quiet: [[constant(of('pxc_binlog_collector_gap_detected_total'), 3)]],
  },
  {
    alert: 'BinlogCollectorMissing',
    fires: [[], [constant('pxc_binlog_collector_last_processing_timestamp{namespace="elsewhere"}', 1)]],
    quiet: [[constant(of('pxc_binlog_collector_last_processing_timestamp'), 1)]],
  },
  around('BinlogUploadStale', (age) => [counter(of('pxc_binlog_collector_last_processing_timestamp'), 60, -age)], {
    above: 610,
    below: 590,
  }),
]
