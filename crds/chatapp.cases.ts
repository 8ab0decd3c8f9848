import type { ChatAppSpecInput } from './chatapp.ts'

/** A spec that the API server and every reader of a file refuse. */
export interface RefusedCase {
  readonly what: string
  /** Not typed, because some cases have wrong types. */
  readonly spec: Record<string, unknown>
  /** Path of the wrong field. */
  readonly field: string
  /** Part of the message. */
  readonly says: string
}

const ingress = {
  type: 'Ingress',
  hosts: { api: 'api.chat-app.com', websocket: 'ws.chat-app.com' },
  ingress: { className: 'haproxy' },
} as const

const budget = 'spec.rollout.budget'
const window = 'spec.rollout.schedule[0]'

/** The shortest ChatApp with public hosts, as in the documentation. */
export const sixLines: ChatAppSpecInput = { version: '1.4.2', exposure: ingress }

/** At least one counter-example for each rule, as a test checks. */
export const refusedCases: readonly RefusedCase[] = [
  refused('a version that is not a tag', { version: 'v1 beta' }, 'spec.version', 'must be a release such as 1.4.2'),
  refused(
    'a registry with a scheme',
    { images: { registry: 'https://registry.example.com' } },
    'spec.images.registry',
    'must be a registry and path',
  ),
  refused(
    'a pull secret with a bad name',
    { images: { pullSecrets: [{ name: 'My_Secret' }] } },
    'spec.images.pullSecrets[0].name',
    'must be the name of a Kubernetes object',
  ),
  refused(
    'a short digest',
    { images: { digests: { api: 'sha256:abc' } } },
    'spec.images.digests.api',
    'must be an image digest',
  ),
  refused(
    'a host with a scheme',
    { exposure: { ...ingress, hosts: { ...ingress.hosts, api: 'https://api.chat-app.com' } } },
    'spec.exposure.hosts.api',
    'must be a full DNS name such as chat.example.com',
  ),
  refused(
    'an Ingress without hosts',
    { exposure: { type: 'Ingress', ingress: ingress.ingress } },
    'spec.exposure.hosts',
    'type Ingress needs hosts.api and hosts.websocket',
  ),
  refused(
    'an Ingress without its options',
    { exposure: { type: 'Ingress', hosts: ingress.hosts } },
    'spec.exposure.ingress',
    'type Ingress needs ingress.className',
  ),
  refused(
    'a Gateway without hosts',
    { exposure: { type: 'Gateway', gateway: { parentRef: { name: 'edge' } } } },
    'spec.exposure.hosts',
    'type Gateway needs hosts.api and hosts.websocket',
  ),
  refused(
    'a Gateway without its options',
    { exposure: { type: 'Gateway', hosts: ingress.hosts } },
    'spec.exposure.gateway',
    'type Gateway needs gateway.parentRef',
  ),
  refused(
    'hosts without an exposure',
    { exposure: { hosts: ingress.hosts } },
    'spec.exposure.hosts',
    'belongs to type Ingress or Gateway only',
  ),
  refused(
    'ingress options without an Ingress',
    { exposure: { ingress: ingress.ingress } },
    'spec.exposure.ingress',
    'belongs to type Ingress only: set type to Ingress, or remove ingress',
  ),
  refused(
    'a gateway without a Gateway',
    { exposure: { ...ingress, gateway: { parentRef: { name: 'edge' } } } },
    'spec.exposure.gateway',
    'belongs to type Gateway only',
  ),
  refused(
    'tls without an Ingress',
    { exposure: { tls: { issuerRef: { name: 'letsencrypt' } } } },
    'spec.exposure.tls',
    'belongs to type Ingress only',
  ),
  refused(
    'certificates from two sources',
    {
      exposure: {
        ...ingress,
        tls: { issuerRef: { name: 'letsencrypt' }, secretNames: { api: 'a', websocket: 'b' } },
      },
    },
    'spec.exposure.tls',
    'set either issuerRef',
  ),
  refused('tls without a source', { exposure: { ...ingress, tls: {} } }, 'spec.exposure.tls', 'set either issuerRef'),
  refused(
    'a bad namespace of a Gateway',
    {
      exposure: {
        type: 'Gateway',
        hosts: ingress.hosts,
        gateway: { parentRef: { name: 'edge', namespace: 'a.b' } },
      },
    },
    'spec.exposure.gateway.parentRef.namespace',
    'must be the name of a namespace',
  ),
  refused('too many pods', { api: { replicas: 1001 } }, 'spec.api.replicas', '1000'),
  refused('a negative number of pods', { websocket: { replicas: -1 } }, 'spec.websocket.replicas', '0'),
  refused(
    'min above max',
    { websocket: { autoscaling: { minReplicas: 5, maxReplicas: 2 } } },
    'spec.websocket.autoscaling.minReplicas',
    'minReplicas must not be greater than maxReplicas',
  ),
  refused(
    'a text that is not a quantity',
    { api: { resources: { requests: { cpu: 'much' } } } },
    'spec.api.resources.requests.cpu',
    'must be a positive quantity',
  ),
  refused(
    'zero memory',
    { api: { resources: { requests: { memory: 0 } } } },
    'spec.api.resources.requests.memory',
    'must be a positive quantity',
  ),
  refused(
    'more CPU requested than the limit',
    { api: { resources: { requests: { cpu: 2 }, limits: { cpu: '1500m' } } } },
    'spec.api.resources.requests.cpu',
    'requests.cpu must not be greater than limits.cpu',
  ),
  refused(
    'more memory requested than the default limit',
    { websocket: { resources: { requests: { memory: '2Gi' } } } },
    'spec.websocket.resources.requests.memory',
    'requests.memory must not be greater than limits.memory',
  ),
  refused(
    'a label that the operator owns',
    { api: { podTemplate: { metadata: { labels: { 'app.kubernetes.io/instance': 'other' } } } } },
    'spec.api.podTemplate.metadata.labels',
    'must not set a label that the operator selects pods by',
  ),
  refused(
    'a drain longer than nine minutes',
    { websocket: { drain: { periodSeconds: 541 } } },
    'spec.websocket.drain.periodSeconds',
    '540',
  ),
  refused('more than half of the surplus', { websocket: { rebalance: 51 } }, 'spec.websocket.rebalance', '50'),
  refused(
    'an address without a prefix',
    { trustedProxies: ['10.0.0.1'] },
    'spec.trustedProxies[0]',
    'must be a range of addresses such as 10.0.0.0/8',
  ),
  refused(
    'every address as a proxy',
    { trustedProxies: ['10.0.0.0/8', '::/0'] },
    'spec.trustedProxies[1]',
    'and not every address',
  ),
  refused(
    'an origin with a path',
    { allowedOrigins: ['https://chat.example.com/'] },
    'spec.allowedOrigins[0]',
    'must be the origin of a page such as https://chat.example.com',
  ),
  refused(
    'messaging',
    { messaging: { url: { secretKeyRef: { name: 'rabbit' } } } },
    'spec.messaging',
    'is not served by this version of the operator: remove messaging',
  ),
  refused(
    'storage',
    { storage: { bucket: 'files', url: { secretKeyRef: { name: 's3' } } } },
    'spec.storage',
    'is not served by this version of the operator: remove storage',
  ),
  refused(
    'a key with a slash',
    { database: { url: { secretKeyRef: { name: 'db', key: 'a/b' } } } },
    'spec.database.url.secretKeyRef.key',
    'must be a key of a Secret',
  ),
  refused(
    'a cluster of another kind',
    { redis: { clusterRef: { kind: 'Memcached', name: 'cache' } } },
    'spec.redis.clusterRef.kind',
    'RedisCluster',
  ),
  refused(
    'the current key as the previous one',
    { auth: { jwt: { previous: { secretKeyRef: { name: 'jwt-secret' } } } } },
    'spec.auth.jwt.previous',
    'previous must name another Secret or key than current',
  ),
  refused(
    'a migration timeout that is too short',
    { migrations: { timeoutSeconds: 1 } },
    'spec.migrations.timeoutSeconds',
    '30',
  ),
  refused('no window of a schedule', { rollout: { schedule: [] } }, 'spec.rollout.schedule', '1 items'),
  refused('a day twice', scheduled({ days: ['Mon', 'Mon'] }), `${window}.days`, 'must name each day once'),
  refused('an unknown day', scheduled({ days: ['Someday'] }), `${window}.days[0]`, 'Mon'),
  refused('a time without its zero', scheduled({ start: '2:00' }), `${window}.start`, 'must be a time of day'),
  refused('a window shorter than 15 minutes', scheduled({ durationMinutes: 14 }), `${window}.durationMinutes`, '15'),
  refused('an unknown time zone', scheduled({ timeZone: 'Mars/Base' }), `${window}.timeZone`, 'must be an IANA time'),
  refused('an offset as time zone', scheduled({ timeZone: '+02:00' }), `${window}.timeZone`, 'must be an IANA time'),
  refused('a budget without a gap', { rollout: { budget: { maxGapSeconds: 0 } } }, `${budget}.maxGapSeconds`, '1'),
  refused('an unknown end of a skip', { rollout: { budget: { onSkipped: 'Stop' } } }, `${budget}.onSkipped`, 'Hold'),
  refused('a wrong type', { api: { replicas: 'three' } }, 'spec.api.replicas', 'string'),
  refused('an unknown mode', { monitoring: { mode: 'Sometimes' } }, 'spec.monitoring.mode', 'Auto'),
  { what: 'no version', spec: {}, field: 'spec.version', says: '' },
]

function scheduled(changes: object) {
  const schedule = [{ days: ['Mon'], start: '02:00', durationMinutes: 60, timeZone: 'Europe/Berlin', ...changes }]
  return { rollout: { schedule } }
}

function refused(what: string, spec: Record<string, unknown>, field: string, says: string): RefusedCase {
  return { what, spec: { version: '1.4.2', ...spec }, field, says }
}
