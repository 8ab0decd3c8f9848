import type { KubernetesObject } from '@chat-app/chat'

const POD = ['spec', 'template', 'spec']

/** The fields of each kind that name the Secrets that its pods pull images with. */
const PATHS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Deployment: [POD],
  StatefulSet: [POD],
  DaemonSet: [POD],
  Job: [POD],
  CronJob: [['spec', 'jobTemplate', ...POD]],
  PerconaXtraDBCluster: ['pxc', 'haproxy', 'proxysql', 'backup'].map((part) => ['spec', part]),
  Redis: [['spec', 'kubernetesConfig']],
  RedisCluster: [['spec', 'kubernetesConfig']],
  RedisReplication: [['spec', 'kubernetesConfig']],
  RedisSentinel: [['spec', 'kubernetesConfig']],
  RabbitmqCluster: [['spec']],
  Prometheus: [['spec']],
  Alertmanager: [['spec']],
  Elasticsearch: [['spec', 'nodeSets', '0', 'podTemplate', 'spec']],
  Kibana: [['spec', 'podTemplate', 'spec']],
  Beat: [['spec', 'daemonSet', 'podTemplate', 'spec']],
}

/** Lets the pods of every part pull their images with a Secret, unless they name one themselves. */
export function pulling(name: string): (object: KubernetesObject) => KubernetesObject {
  const list = { imagePullSecrets: [{ name }] }
  return (object) => {
    if (object.kind === 'Tenant') return within(object, ['spec'], { imagePullSecret: { name } })
    return (PATHS[object.kind] ?? []).reduce((changed, path) => within(changed, path, list), object)
  }
}

/** The object with further fields at a path; as it is when it has nothing there. */
function within<T>(value: T, path: readonly string[], fields: object): T {
  if (typeof value !== 'object' || value === null) return value
  const [step, ...rest] = path
  if (step === undefined) return { ...fields, ...value }
  const inner = (value as Record<string, unknown>)[step]
  if (inner === undefined) return value
  if (Array.isArray(value)) return value.map((item) => within<unknown>(item, rest, fields)) as T
  return { ...value, [step]: within(inner, rest, fields) }
}
