import type { KubernetesObject } from '@chat-app/chat'
import { quantityValue } from '@chat-app/crds'
import { databaseMajor, VOLUMES } from '@chat-app/platform'

/** The effects that the change of a field may have, and their texts. */
export const EFFECTS = {
  restart: 'pods restart',
  scale: 'pods are added or removed',
  nextStart: 'read at the next start',
  grow: 'volumes grow, if their StorageClass allows it',
  keepSize: 'ignored: existing volumes keep their size',
  recreate: 'pods restart, and existing volumes keep their size',
  refused: 'refused: the volumes stay as they are, and the operator reports an error',
  oneWay: 'pods restart with another major version of the database: there is no way back',
  rerun: 'runs again, as a new Job',
  replace: 'must be replaced: it cannot be changed',
} as const
export type Effect = keyof typeof EFFECTS

type Rule = readonly [path: string, effect: Effect | 'none']

/** Effects by path; `*` matches one step of it. The first rule that matches a field, or a field above it, applies. */
const workload: readonly Rule[] = [
  ['spec.template', 'restart'],
  ['spec.replicas', 'scale'],
  ['spec.selector', 'replace'],
]
const redis: readonly Rule[] = [
  ['spec.clusterSize', 'scale'],
  ['spec.*.replicas', 'scale'],
  ['spec.*.pdb', 'none'],
  ['spec.storage.*.spec', 'replace'],
  // The operator copies these labels to the pods and the selectors of Services.
  ['metadata.labels', 'restart'],
  ['spec', 'restart'],
]
/** Fields that the operator writes into the configuration file, which the pods reload. */
const reloaded = ['scrapeInterval', 'scrapeTimeout', 'evaluationInterval', 'externalLabels', 'alerting', 'remoteWrite']
const selectors = ['rule', 'serviceMonitor', 'podMonitor', 'probe', 'scrapeConfig', 'alertmanagerConfig'].flatMap(
  (name) => [`${name}Selector`, `${name}NamespaceSelector`],
)
const prometheus: readonly Rule[] = [
  ['spec.replicas', 'scale'],
  ['spec.storage.volumeClaimTemplate', 'replace'],
  ...[...reloaded, ...selectors].map((field) => [`spec.${field}`, 'none'] as const),
  ['spec', 'restart'],
]
const elastic: readonly Rule[] = [
  ['spec.count', 'scale'],
  ['spec.nodeSets.*.count', 'scale'],
  ['spec.nodeSets.*.volumeClaimTemplates', 'replace'],
  ['spec.volumeClaimDeletePolicy', 'none'],
  ['spec.http', 'restart'],
  ['spec', 'restart'],
]
const pxcPods = (name: string): readonly Rule[] => [
  [`spec.${name}.size`, 'scale'],
  [`spec.${name}.volumeSpec`, 'replace'],
  [`spec.${name}.podDisruptionBudget`, 'none'],
  [`spec.${name}.expose`, 'none'],
  [`spec.${name}.autoRecovery`, 'none'],
  [`spec.${name}`, 'restart'],
]

const rules: Readonly<Record<string, readonly Rule[]>> = {
  Deployment: workload,
  DaemonSet: workload,
  StatefulSet: [
    ['spec.volumeClaimTemplates', 'replace'],
    ['spec.serviceName', 'replace'],
    ['spec.podManagementPolicy', 'replace'],
    ...workload,
  ],
  Job: [
    ['spec.template', 'replace'],
    ['spec.selector', 'replace'],
    ['spec.completions', 'replace'],
    ['spec.completionMode', 'replace'],
  ],
  CronJob: [['spec.jobTemplate', 'nextStart']],
  Service: [['spec.clusterIP', 'replace']],
  ConfigMap: [
    ['data', 'nextStart'],
    ['binaryData', 'nextStart'],
    ['immutable', 'replace'],
  ],
  Secret: [
    ['data', 'nextStart'],
    ['stringData', 'nextStart'],
    ['type', 'replace'],
    ['immutable', 'replace'],
  ],
  RoleBinding: [['roleRef', 'replace']],
  ClusterRoleBinding: [['roleRef', 'replace']],
  PersistentVolumeClaim: [['spec', 'replace']],
  // SmartUpdate restarts the pods one after the other, in the maintenance window if there is one.
  PerconaXtraDBCluster: [
    ...['pxc', 'haproxy', 'proxysql'].flatMap(pxcPods),
    ['spec.crVersion', 'restart'],
    // A setting of the operator: it resizes volumes only when their size changes too.
    ['spec.enableVolumeExpansion', 'none'],
    ['spec.logcollector', 'restart'],
    ['spec.pmm', 'restart'],
    ['spec.tls', 'restart'],
    ['spec.sslSecretName', 'restart'],
    ['spec.sslInternalSecretName', 'restart'],
    ['spec.vaultSecretName', 'restart'],
    ['spec.initContainer', 'restart'],
    ['spec.pause', 'scale'],
  ],
  Redis: redis,
  RedisCluster: redis,
  RedisReplication: redis,
  RedisSentinel: redis,
  Tenant: [
    ['spec.pools.*.servers', 'replace'],
    ['spec.pools.*.volumesPerServer', 'replace'],
    ['spec.pools.*.volumeClaimTemplate', 'replace'],
    ['spec.buckets', 'none'],
    ['spec.users', 'none'],
    ['spec.exposeServices', 'none'],
    ['spec.serviceMetadata', 'none'],
    ['spec.prometheusOperator', 'none'],
    ['spec', 'restart'],
  ],
  RabbitmqCluster: [
    ['spec.replicas', 'scale'],
    ['spec.persistence', 'replace'],
    ['spec.rabbitmq.additionalPlugins', 'none'],
    ['spec.service', 'none'],
    ['spec', 'restart'],
  ],
  Prometheus: prometheus,
  Alertmanager: prometheus,
  Elasticsearch: elastic,
  Kibana: elastic,
  Logstash: elastic,
  Beat: [['spec', 'restart']],
  Agent: [['spec', 'restart']],
  ValidatingAdmissionPolicyBinding: [['spec.policyName', 'replace']],
}

/** Kinds whose objects have pods. */
export function hasPods(kind: string): boolean {
  return rules[kind]?.some(([, effect]) => effect === 'restart') === true
}

/** A value before and after a change; undefined where the field is absent. */
export interface Values {
  readonly old: unknown
  readonly new: unknown
}

/**
 * The effect of the change of a field alone. A ChatApp has no rules: the objects in the preview show what happens to
 * its pods.
 */
export function effectOf(object: KubernetesObject, path: readonly string[], values?: Values): Effect | undefined {
  // With the hash of its spec in its name a changed Job is a new Job, and the old one stays.
  if (object.kind === 'Job' && path.join('.') === 'metadata.name') return 'rerun'
  // Grafana reloads changed dashboards.
  if (object.kind === 'ConfigMap' && object.metadata.labels?.['grafana_dashboard'] !== undefined) return undefined
  const own =
    values === undefined ? undefined : (sizeEffect(object, path, values) ?? versionEffect(object, path, values))
  if (own !== undefined) return own
  const effect = rules[object.kind]?.find(([pattern]) => isUnder(pattern.split('.'), path))?.[1]
  return effect === 'none' ? undefined : effect
}

/** The effect of another size of a volume; undefined for another field, or for a volume that is new or goes. */
function sizeEffect({ kind, spec }: KubernetesObject, path: readonly string[], values: Values): Effect | undefined {
  const volumes = VOLUMES.find((each) => each.kind === kind && isUnder(each.field.split('.'), path))
  if (volumes === undefined || typeof values.old !== 'string' || typeof values.new !== 'string') return undefined
  const effect = quantityValue(values.new) > quantityValue(values.old) ? volumes.larger : volumes.smaller
  const isOff = kind === 'PerconaXtraDBCluster' && (spec as Expandable).enableVolumeExpansion !== true
  return isOff && effect === 'grow' ? 'keepSize' : effect
}

interface Expandable {
  readonly enableVolumeExpansion?: boolean
}

function versionEffect({ kind }: KubernetesObject, path: readonly string[], values: Values): Effect | undefined {
  if (kind !== 'PerconaXtraDBCluster' || path.join('.') !== 'spec.pxc.image') return undefined
  return databaseMajor(values.old) === databaseMajor(values.new) ? undefined : 'oneWay'
}

function isUnder(pattern: readonly string[], path: readonly string[]): boolean {
  return pattern.every((step, index) => (step === '*' ? path[index] !== undefined : step === path[index]))
}
