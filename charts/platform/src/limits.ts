/** Limits of the platform that its users may want to know. docs/ names them where they matter. */

/** Connections that a database node accepts. All clients connect to one node. */
export const DATABASE_MAX_CONNECTIONS = 1000

/** Of these, connections for the operator, backups, the exporter, people, and pods of an earlier rollout that still drain. */
export const DATABASE_CONNECTIONS_RESERVED = 100

/** The share of a container's memory limit that the buffer pool may take. The operator of the database sets this share too. */
export const BUFFER_POOL_SHARE = 0.75

/** Seconds after which a backup is aborted, because one that hangs would block all later ones. */
export const BACKUP_SECONDS = 6 * 60 * 60

/** Seconds between uploads of the binary log, at most: the documented recovery point objective. */
export const BINARY_LOG_UPLOAD_SECONDS = 15 * 60

/** The share of the memory limit that data of Redis may fill. Rewrites, clients and replicas need the rest. */
export const REDIS_DATA_SHARE = 0.6

/** Clients of a Redis process. */
export const REDIS_CLIENTS = 10_000

/** RabbitMQ blocks publishers above this share of the memory limit. */
export const RABBITMQ_MEMORY_SHARE = 0.6

/** RabbitMQ blocks publishers when its volume has less free space than this many times the memory limit. */
export const RABBITMQ_DISK_FACTOR = 2

/** Messages and bytes of a queue. A full queue rejects messages. */
export const QUEUE_MESSAGES = 100_000
export const QUEUE_BYTES = 256 * 1024 * 1024

/** Deliveries of a message without success, after which it goes to the dead letters. */
export const QUEUE_DELIVERIES = 10

/** Messages, bytes and milliseconds of the queue of dead letters, which drops the oldest. */
export const DEAD_LETTER_MESSAGES = 10_000
export const DEAD_LETTER_BYTES = 64 * 1024 * 1024
export const DEAD_LETTER_MS = 7 * 24 * 60 * 60 * 1000

/** Connections and channels of the ChatApp at RabbitMQ: several of each pod at the maximum of the autoscaler. */
export const RABBITMQ_CONNECTIONS = 200
export const RABBITMQ_CHANNELS = 2000

/** The share of its volume that the samples of Prometheus may fill, as its documentation recommends. */
export const PROMETHEUS_SAMPLES_SHARE = 0.85

/** Samples of one target and scrape, so that a faulty target cannot exhaust Prometheus. */
export const PROMETHEUS_TARGET_SAMPLES = 50_000

/** Further pods that the quota of each namespace admits, for sidecars and Jobs of other operators. */
export const QUOTA_SPARE_PODS = 20

/** Quotas admit this many times the pods of a part: its operator replaces pods, and adds sidecars, backups and Jobs. */
export const QUOTA_PODS_FACTOR = 2

/** The most hosts in the list of a namespace: a policy goes through all of them. */
export const MAX_HOSTS = 200
