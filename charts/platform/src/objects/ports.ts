/** Ports of the pods, for containers, monitors and NetworkPolicies. */

export const MYSQL_PORT = 3306
/** MySQL's port for administrators, which HAProxy checks. */
export const MYSQL_ADMIN_PORT = 33_062
export const MYSQL_EXPORTER_PORT = 9104
/** State transfers of Galera (SST), its replication, and incremental state transfers (IST). */
export const GALERA_PORTS = [4444, 4567, 4568] as const
export const PROXYSQL_ADMIN_PORT = 6032
export const HAPROXY_STATISTICS_PORT = 8404
/** Metrics of the collector of the binary log. */
export const BINARY_LOG_COLLECTOR_PORT = 8080

export const REDIS_PORT = 6379
export const REDIS_BUS_PORT = 16_379
export const SENTINEL_PORT = 26_379
export const REDIS_EXPORTER_PORT = 9121

export const S3_PORT = 9000

export const PROMETHEUS_PORT = 9090
export const ALERTMANAGER_PORT = 9093
export const GRAFANA_PORT = 3000
export const KIBANA_PORT = 5601
export const ELASTICSEARCH_PORT = 9200

export const AMQP_PORT = 5672
export const AMQPS_PORT = 5671

/** Metrics of the operator and of the chat services. */
export const METRICS_PORT = 9090
