import { around, constant, counter, type Case } from './case.ts'

const storage = 'namespace="chat-app-storage",pod="minio-0"'
const of = (name: string, labels: string) => `${name}{${labels}}`
const gauge = (name: string, labels: string) => (value: number) => [constant(of(name, labels), value)]

export const storageCases: readonly Case[] = [
  around('MinioUnhealthy', gauge('minio_cluster_health_status', storage), { above: 0, below: 1 }),
  around('MinioDriveOffline', gauge('minio_cluster_drive_offline_total', storage), { above: 1, below: 0 }),
  around('MinioNodeOffline', gauge('minio_cluster_nodes_offline_total', storage), { above: 1, below: 0 }),
  around(
    'MinioCapacityLow',
    (free) => [
      constant(of('minio_cluster_capacity_usable_free_bytes', storage), free),
      constant(of('minio_cluster_capacity_usable_total_bytes', storage), 100),
    ],
    { above: 19, below: 21 },
  ),
]

const operator = 'namespace="chat-app-system",pod="chat-app-operator-0"'
const leaders = (...values: number[]) =>
  values.map((value, index) =>
    constant(`chat_app_operator_leader{namespace="chat-app-system",pod="operator-${index}"}`, value),
  )

export const operatorCases: readonly Case[] = [
  around('ChatAppNotReady', gauge('chat_app_ready', `${operator},exported_namespace="chat-app",name="chat-app"`), {
    above: 0,
    below: 1,
  }),
  { alert: 'OperatorNoLeader', fires: [leaders(0, 0), []], quiet: [leaders(0, 1)] },
  around(
    'OperatorErrors',
    (perQuarter) => [
      counter(of('chat_app_operator_reconcile_duration_seconds_count', `${operator},outcome="error"`), perQuarter / 15),
    ],
    { above: 5.5, below: 4.5 },
  ),
  around('OperatorQueueDeep', gauge('chat_app_operator_queue_depth', operator), { above: 11, below: 9 }),
]

const broker = 'namespace="chat-app-db",pod="chat-app-rabbitmq-server-0"'
const brokers = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    constant(`rabbitmq_build_info{namespace="chat-app-db",pod="${index}"}`, 1),
  )

export const messagingCases: readonly Case[] = [
  { alert: 'RabbitMqNodeMissing', fires: [brokers(2), brokers(0)], quiet: [brokers(3)] },
  around('RabbitMqMemoryAlarm', gauge('rabbitmq_alarms_memory_used_watermark', broker), { above: 1, below: 0 }),
  around('RabbitMqDiskAlarm', gauge('rabbitmq_alarms_free_disk_space_watermark', broker), { above: 1, below: 0 }),
  around('RabbitMqQueuesDeep', gauge('rabbitmq_queue_messages_ready', broker), { above: 10_001, below: 9_999 }),
]

/** A series of each part of the platform whose absence must raise MetricsMissing. */
const partSeries = [
  'chat_app_operator_leader{namespace="chat-app-system"}',
  'mysql_up{namespace="chat-app-db"}',
  'redis_up{namespace="chat-app-db"}',
  'minio_cluster_health_status{namespace="chat-app-storage"}',
  'rabbitmq_build_info{namespace="chat-app-db"}',
  'kube_customresource_elasticsearch_health{namespace="logging",health="green"}',
  'kube_customresource_external_secret_condition{namespace="chat-app-db"}',
  'kube_cronjob_created{namespace="chat-app-db",cronjob="renew-vault-token"}',
  'kube_pod_info{namespace="chat-app-system"}',
  'kubelet_volume_stats_available_bytes{namespace="chat-app-db"}',
].map((series) => constant(series, 1))

const volume = 'namespace="chat-app-db",persistentvolumeclaim="datadir-chat-app-mysql-pxc-0"'
const free = (percent: number) => [
  constant(of('kubelet_volume_stats_available_bytes', volume), percent),
  constant(of('kubelet_volume_stats_capacity_bytes', volume), 100),
]
const DAY_SECONDS = 86_400
const restarts = (perHour: number) => [
  counter(of('kube_pod_container_status_restarts_total', 'namespace="chat-app",pod="a",container="c"'), perHour / 60),
]

const elasticsearch = (states: Readonly<Record<string, number>>) =>
  Object.entries(states).map(([health, value]) =>
    constant(
      of('kube_customresource_elasticsearch_health', `namespace="logging",name="chat-app-logs",health="${health}"`),
      value,
    ),
  )

export const logsCases: readonly Case[] = [
  {
    alert: 'ElasticsearchUnhealthy',
    fires: [
      elasticsearch({ green: 0, yellow: 0, red: 1, unknown: 0 }),
      elasticsearch({ green: 0, yellow: 0, red: 0, unknown: 1 }),
      // Before ECK has set the health.
      elasticsearch({ green: 0, yellow: 0, red: 0, unknown: 0 }),
    ],
    quiet: [
      elasticsearch({ green: 1, yellow: 0, red: 0, unknown: 0 }),
      elasticsearch({ green: 0, yellow: 1, red: 0, unknown: 0 }),
    ],
  },
]

const fetched = (namespace: string) =>
  gauge('kube_customresource_external_secret_condition', `namespace="${namespace}",name="mysql-secrets",type="Ready"`)

const renewal = (metric: string, seconds: number) => [
  constant(`kube_cronjob_${metric}{namespace="chat-app-db",cronjob="renew-vault-token"}`, seconds),
]

export const secretsCases: readonly Case[] = [
  {
    alert: 'ExternalSecretNotReady',
    fires: [fetched('chat-app-db')(0), fetched('cert-manager')(0)],
    quiet: [fetched('chat-app-db')(1), fetched('elsewhere')(0)],
  },
  {
    alert: 'VaultTokenNotRenewed',
    interval: 30,
    begins: 3 * 24 * 60,
    at: 3 * 24 * 60 + 60,
    // The second CronJob has never succeeded.
    fires: [[...renewal('created', -DAY_SECONDS), ...renewal('status_last_successful_time', 0)], renewal('created', 0)],
    quiet: [
      [...renewal('created', -DAY_SECONDS), ...renewal('status_last_successful_time', 3600)],
      renewal('created', 3600),
    ],
  },
]

/** The metrics of the desired and the ready pods of each kind, by the label with its name. */
const kinds = {
  statefulset: ['kube_statefulset_replicas', 'kube_statefulset_status_replicas_ready'],
  deployment: ['kube_deployment_spec_replicas', 'kube_deployment_status_replicas_available'],
  daemonset: ['kube_daemonset_status_desired_number_scheduled', 'kube_daemonset_status_number_ready'],
} as const

const pods = (kind: keyof typeof kinds, namespace: string, has: number) =>
  kinds[kind].map((name, index) => constant(of(name, `namespace="${namespace}",${kind}="a"`), index === 0 ? 3 : has))

const certificateEnd = (left: number) => [
  constant(of('certmanager_certificate_expiration_timestamp_seconds', 'namespace="chat-app",name="edge"'), left),
]
const certificateReady = (namespace: string, conditions: Readonly<Record<string, number>>) =>
  Object.entries(conditions).map(([condition, value]) =>
    constant(
      of('certmanager_certificate_ready_status', `namespace="${namespace}",name="edge",condition="${condition}"`),
      value,
    ),
  )

/** For a region whose ChatApp is not hibernated: it must also have metrics of the chat services. */
export const awake: Case = {
  alert: 'MetricsMissing',
  fires: [partSeries],
  quiet: [[...partSeries, constant('chat_health{namespace="chat-app"}', 1)]],
}

export const platformCases: readonly Case[] = [
  { alert: 'Watchdog', fires: [[]], quiet: [] },
  {
    alert: 'TargetDown',
    fires: [[constant('up{namespace="chat-app-db",job="redis",instance="10.0.0.1:9121"}', 0)]],
    quiet: [
      [constant('up{namespace="chat-app-db",job="redis",instance="10.0.0.1:9121"}', 1)],
      [constant('up{namespace="chat-app",job="chat-app-api",instance="10.0.0.2:9090"}', 0)],
    ],
  },
  {
    alert: 'MetricsMissing',
    fires: partSeries.map((missing) => partSeries.filter((series) => series !== missing)),
    quiet: [partSeries],
  },
  around(
    'RuleEvaluationFails',
    (perMinute) => [counter('prometheus_rule_evaluation_failures_total{rule_group="a"}', perMinute)],
    { above: 1, below: 0 },
  ),
  around(
    'AlertsNotDelivered',
    (perMinute) => [counter('prometheus_notifications_dropped_total{pod="prometheus-0"}', perMinute)],
    { above: 1, below: 0 },
  ),
  around('AlertmanagerConfigBroken', gauge('alertmanager_config_last_reload_successful', 'pod="alertmanager-0"'), {
    above: 0,
    below: 1,
  }),
  { alert: 'PodRestarting', at: 90, fires: [restarts(5.5)], quiet: [restarts(4.5)] },
  {
    alert: 'PlatformReplicasMissing',
    fires: [
      pods('statefulset', 'logging', 2),
      pods('statefulset', 'chat-app-db', 2),
      pods('deployment', 'logging', 0),
      pods('daemonset', 'logging-collector', 2),
    ],
    quiet: [
      [
        ...pods('statefulset', 'logging', 3),
        ...pods('deployment', 'logging', 3),
        ...pods('daemonset', 'logging-collector', 3),
      ],
      // The namespace chat-app has the alert ChatReplicasMissing.
      pods('deployment', 'chat-app', 2),
      pods('daemonset', 'elsewhere', 2),
    ],
  },
  around('VolumeFilling', free, { above: 19, below: 21 }),
  around('VolumeAlmostFull', free, { above: 4, below: 6 }),
  // The expiration time of a certificate that was never issued is 0.
  {
    alert: 'CertificateExpiring',
    fires: [certificateEnd(14 * DAY_SECONDS - 60)],
    quiet: [certificateEnd(15 * DAY_SECONDS), certificateEnd(0)],
  },
  {
    alert: 'CertificateNotReady',
    fires: [
      certificateReady('chat-app', { True: 0, False: 1, Unknown: 0 }),
      certificateReady('cert-manager', { True: 0, False: 0, Unknown: 1 }),
    ],
    quiet: [
      certificateReady('chat-app', { True: 1, False: 0, Unknown: 0 }),
      certificateReady('elsewhere', { True: 0, False: 1, Unknown: 0 }),
    ],
  },
]
