import { quantityValue } from '@chat-app/crds'
import { millicores } from '@chat-app/platform'
import type { KubernetesObject } from '@chat-app/chat'

/** Equal pods of an object, and the requests of each. */
export interface Pods {
  readonly pods: number
  /** Millicores. */
  readonly cpu: number
  /** Bytes. */
  readonly memory: number
  /** Bytes of its persistent volumes. */
  readonly storage: number
}

/** The requests of all of them together. */
export function sum(all: readonly Pods[]): Pods {
  const total = (amount: (part: Pods) => number) => all.reduce((whole, part) => whole + part.pods * amount(part), 0)
  return {
    pods: total(() => 1),
    cpu: total(({ cpu }) => cpu),
    memory: total(({ memory }) => memory),
    storage: total(({ storage }) => storage),
  }
}

/** The pods that an applied object has; undefined for a kind without pods, and for Jobs, whose pods end. */
export function podsOf({ kind, spec }: KubernetesObject): Pods[] | undefined {
  return kinds[kind]?.((path) => fieldOf(spec, path))
}

type At = (path: string) => unknown

const kinds: Readonly<Record<string, (at: At) => Pods[]>> = {
  Deployment: (at) => [ofTemplate(at('template'), count(at('replicas')), [])],
  StatefulSet: (at) => [ofTemplate(at('template'), count(at('replicas')), at('volumeClaimTemplates'))],
  PerconaXtraDBCluster: (at) => [
    pods(count(at('pxc.size')), [at('pxc.resources')], [at('pxc.volumeSpec.persistentVolumeClaim')]),
    ...['haproxy', 'proxysql']
      .filter((proxy) => at(`${proxy}.enabled`) === true)
      .map((proxy) =>
        pods(count(at(`${proxy}.size`)), [at(`${proxy}.resources`)], [at(`${proxy}.volumeSpec.persistentVolumeClaim`)]),
      ),
    ...(at('backup.pitr.enabled') === true ? [pods(1, [at('backup.pitr.resources')], [])] : []),
  ],
  RedisCluster: (at) =>
    ['redisLeader', 'redisFollower'].map((role) =>
      pods(
        count(at(`${role}.replicas`) ?? at('clusterSize')),
        [at(`${role}.resources`) ?? at('kubernetesConfig.resources'), at('redisExporter.resources')],
        [at('storage.volumeClaimTemplate.spec'), at('storage.nodeConfVolumeClaimTemplate.spec')],
      ),
    ),
  Redis: redis,
  RedisReplication: redis,
  RedisSentinel: redis,
  Tenant: (at) =>
    (at('pools') as readonly Fields[]).map((pool) => {
      const volumes = Array.from({ length: count(pool['volumesPerServer']) }, () =>
        fieldOf(pool, 'volumeClaimTemplate.spec'),
      )
      return pods(count(pool['servers']), [pool['resources']], volumes)
    }),
  RabbitmqCluster: (at) => [
    pods(
      count(at('replicas')),
      [at('resources')],
      [{ resources: { requests: { storage: at('persistence.storage') } } }],
    ),
  ],
  Prometheus: monitor,
  Alertmanager: monitor,
  Elasticsearch: (at) =>
    (at('nodeSets') as readonly Fields[]).map((nodes) =>
      ofTemplate(nodes['podTemplate'], count(nodes['count']), nodes['volumeClaimTemplates']),
    ),
  Kibana: (at) => [ofTemplate(at('podTemplate'), count(at('count')), [])],
}

function redis(at: At): Pods[] {
  const claims = [at('storage.volumeClaimTemplate.spec')]
  const resources = [at('kubernetesConfig.resources'), at('redisExporter.resources')]
  return [pods(count(at('clusterSize')), resources, claims)]
}

function monitor(at: At): Pods[] {
  return [pods(count(at('replicas')), [at('resources')], [at('storage.volumeClaimTemplate.spec')])]
}

function ofTemplate(template: unknown, replicas: number, claims: unknown): Pods {
  const containers = (fieldOf(template, 'spec.containers') ?? []) as readonly Fields[]
  const specs = ((claims ?? []) as readonly Fields[]).map(({ spec }) => spec)
  return pods(
    replicas,
    containers.map(({ resources }) => resources),
    specs,
  )
}

/** Pods with these resources and claims; an undefined one requests nothing. */
function pods(number: number, resources: readonly unknown[], claims: readonly unknown[]): Pods {
  const amount = (from: unknown, path: string) => fieldOf(from, path) as string | number | undefined
  const all = (from: readonly unknown[], path: string, value: (text: string) => number) =>
    from.reduce<number>((whole, part) => whole + value(String(amount(part, path) ?? 0)), 0)
  return {
    pods: number,
    cpu: all(resources, 'requests.cpu', millicores),
    memory: all(resources, 'requests.memory', quantityValue),
    storage: all(claims, 'resources.requests.storage', quantityValue),
  }
}

type Fields = Readonly<Record<string, unknown>>

function fieldOf(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((part, key) => (part as Fields | undefined)?.[key], value)
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 1
}
