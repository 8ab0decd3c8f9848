/**
 * The thresholds of the original operations document (its table "关键监控指标"), and those that its deployment documents ask
 * for without a number. A ratio is a part of 1.
 */
export const THRESHOLDS = {
  /** JVM heap > 80 %: here, of V8's heap limit. */
  heapRatio: 0.8,
  /** Full GC > 1 a minute: here, major collections longer than `longCollection`. */
  longCollectionsPerMinute: 1,
  /** Seconds, as the label of a bucket of the histogram. */
  longCollection: '0.1',
  /**
   * Threads > 80 % of the workers: a Node.js process has one, so here, the share of time that its event loop is busy.
   */
  eventLoopRatio: 0.8,
  /** Delay of the event loop, in seconds. */
  eventLoopLag: 0.2,
  /** Redis connections > 80 % of maxclients. */
  redisConnectionsRatio: 0.8,
  /** Redis memory > 80 %. */
  redisMemoryRatio: 0.8,
  /** Redis CPU > 70 %, of the one core that its main thread can use, or of a lower limit. */
  redisCpuRatio: 0.7,
  /** Average message latency > 500 ms. */
  messageSeconds: 0.5,
  /** Online users: a change of more than 20 %. */
  usersChangeRatio: 0.2,
  /** The alert on changes needs at least so many users. */
  usersLeast: 50,
  /** "消息广播延迟" (broadcast delay): half of the message latency. */
  broadcastSeconds: 0.25,
  /** "数据库连接池使用率" (usage of the connection pool): as for Redis. */
  databasePoolRatio: 0.8,
  /** "WebSocket 连接数" (WebSocket connections): as for Redis. */
  connectionsRatio: 0.8,
  /** "API 响应时间" (API response time), of the 95th percentile. */
  apiSeconds: 1,
  /** "API 返回 5xx 错误" (responses with status 5xx). */
  apiErrorRatio: 0.05,
  /** How long an event may wait in the outbox, and half of the rows from which on no further ones are written. */
  outboxSeconds: 300,
  outboxRows: 100_000,
  /** Connections of a database node, of max_connections. */
  mysqlConnectionsRatio: 0.8,
  /** The share of time that flow control stops all writes. */
  flowControlRatio: 0.1,
  /** A full backup is daily, and may take two hours. */
  backupAgeHours: 26,
  /** RPO < 15 minutes: 10, and 5 that the alert waits. */
  binlogAgeSeconds: 600,
  /** RPO < 15 minutes, between regions. */
  replicationLagSeconds: 300,
  volumeLowRatio: 0.2,
  volumeFullRatio: 0.05,
  /** cert-manager renews certificates at least 30 days before they expire. */
  certificateDays: 14,
  /** The token is renewed daily and valid for 32 days. */
  tokenRenewalDays: 3,
  queueMessages: 10_000,
} as const
