import type { Chart } from 'cdk8s'
import type { Cluster } from '../../../environment/cluster.ts'
import { isEncrypted } from '../../../environment/database.ts'
import { isOperated } from '../../../environment/redis.ts'
import { reportedNamespaces } from '../namespaces.ts'
import type { MonitoringValues } from '../../../environment/monitoring.ts'
import { backupRules } from './backup.ts'
import { logsRules } from './logs.ts'
import { ownMessaging } from '../../../environment/messaging.ts'
import { messagingRules } from './messaging.ts'
import { mysqlRules } from './mysql.ts'
import { operatorRules } from './operator.ts'
import { platformRules } from './platform.ts'
import { redisRules } from './redis.ts'
import { ruleObject, type RuleGroup } from './rule.ts'
import { secretsRules, tokenRenewal } from './secrets.ts'
import { serviceRules } from './service.ts'
import { storageRules } from './storage.ts'

/** The alerts of the parts that this cluster has. */
export function rules(chart: Chart, cluster: Cluster, { namespace, runbookUrl }: MonitoringValues): void {
  for (const group of groups(cluster)) ruleObject(chart, group, { namespace, runbookUrl })
}

function groups({ environment, region }: Cluster): RuleGroup[] {
  const { chatApp, operator, dataNamespace, database, redis, storage, logs, secrets, monitoring } = environment
  const messaging = ownMessaging(environment)
  const pxc = database.kind === 'pxc' ? database : undefined
  const measuredPxc = pxc?.exporterImage === undefined ? undefined : pxc
  const operatedRedis = isOperated(redis) && redis.exporterImage !== undefined ? redis : undefined
  const tenant = storage?.kind === 'tenant' ? storage : undefined
  const isReplica = region?.isActive === false
  const isFetched = secrets.kind === 'vault'
  const encrypted = isEncrypted(database) ? dataNamespace : undefined
  const namespaces = reportedNamespaces(environment)
  const signs = {
    // In a region that does not take the writes, the ChatApp is hibernated.
    ...(!isReplica && { 'the chat services': `chat_health{namespace="${chatApp.namespace}"}` }),
    'the operator': `chat_app_operator_leader{namespace="${operator.namespace}"}`,
    ...(measuredPxc && { MySQL: `mysql_up{namespace="${dataNamespace}"}` }),
    ...(operatedRedis && { Redis: `redis_up{namespace="${dataNamespace}"}` }),
    ...(tenant && { 'the object storage': `minio_cluster_health_status{namespace="${tenant.namespace}"}` }),
    ...(messaging && { RabbitMQ: `rabbitmq_build_info{namespace="${dataNamespace}"}` }),
    ...(logs && { Elasticsearch: `kube_customresource_elasticsearch_health{namespace="${logs.namespace}"}` }),
    ...(isFetched && {
      'the credentials': `kube_customresource_external_secret_condition{namespace="${dataNamespace}"}`,
    }),
    ...(encrypted !== undefined && { "the renewal of the database's Vault token": tokenRenewal(encrypted) }),
    Kubernetes: `kube_pod_info{namespace="${operator.namespace}"}`,
    'the volumes': 'kubelet_volume_stats_available_bytes',
  }
  return [
    serviceRules(chatApp.namespace),
    operatorRules(operator.namespace),
    ...(measuredPxc ? [mysqlRules(dataNamespace, measuredPxc, isReplica)] : []),
    ...(pxc?.backup ? [backupRules(dataNamespace, pxc.backup, isReplica)] : []),
    ...(operatedRedis ? [redisRules(dataNamespace, operatedRedis)] : []),
    ...(tenant ? [storageRules(tenant.namespace)] : []),
    ...(messaging ? [messagingRules(dataNamespace, messaging.size)] : []),
    ...(logs ? [logsRules(logs.namespace)] : []),
    ...(isFetched ? [secretsRules(namespaces, encrypted)] : []),
    platformRules({
      namespaces,
      chatNamespace: chatApp.namespace,
      signs,
      certificates: monitoring?.certManager !== undefined,
    }),
  ]
}
