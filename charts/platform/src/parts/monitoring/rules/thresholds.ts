/**
 * The thresholds of the original operations document (its table "关键监控指标"), and those that its deployment documents ask for
 * without a number. A ratio is a part of 1.
 */
export const thresholds = {
  /** JVM heap used > 80 %: here of the heap that V8 may take. */
  heapRatio: 0.8,
  /** Full GC > 1 a minute: here major collections that stop a process for longer than `longCollection`. */
  longCollectionsPerMinute: 1,
  /** A bucket of the histogram, in seconds. */
  longCollection: '0.1',
  /** Threads > 80 % of the workers: a Node.js process has one, so it is the busy part of its time. */
  eventLoopRatio: 0.8,
  /** The same seen from outside: how long the loop kept others waiting, in seconds. */
  eventLoopLag: 0.2,
  /** Redis connections > 80 % of the most that there may be. */
  redisConnectionsRatio: 0.8,
  /** Redis memory > 80 %. */
  redisMemoryRatio: 0.8,
  /** Redis CPU > 70 %: of the one core that its main thread can use, or of its limit where that is less. */
  redisCpuRatio: 0.7,
  /** Message latency: average > 500 ms. */
  messageSeconds: 0.5,
  /** Online users: an unusual change of +-20 %. */
  usersChangeRatio: 0.2,
  /** Below so many users a few who come or go are nothing unusual. */
  usersLeast: 50,
  /** Of "消息广播延迟": half of what a message may take in all. */
  broadcastSeconds: 0.25,
  /** Of "数据库连接池使用率": as for Redis. */
  databasePoolRatio: 0.8,
  /** Of "WebSocket 连接数": as for Redis. */
  connectionsRatio: 0.8,
  /** Of "API 响应时间": for 19 of 20 requests. */
  apiSeconds: 1,
  /** Of "API 返回 5xx 错误". */
  apiErrorRatio: 0.05,
  /** Database connections of all clients together. */
  mysqlConnectionsRatio: 0.8,
  /** The part of the time in which a slow database node stops all writes. */
  flowControlRatio: 0.1,
  /** A full backup daily, and two hours to make it. */
  backupAgeHours: 26,
  /** RPO < 15 minutes: 10 and the 5 that the alert waits. */
  binlogAgeSeconds: 600,
  /** RPO < 15 minutes, between regions. */
  replicationLagSeconds: 300,
  volumeLowRatio: 0.2,
  volumeFullRatio: 0.05,
  /** Certificates are renewed 30 days before their end: what is left then was not. */
  certificateDays: 14,
  /** Renewed daily; what is left of its 32 days is time to find out why not. */
  tokenRenewalDays: 3,
  queueMessages: 10_000,
} as const
