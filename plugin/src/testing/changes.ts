import { DECISIONS } from '@chat-app/chat/annotations'

/** The values of a service's field of the same name. */
function workload(container: string) {
  return {
    replicas: [1, 2, 3],
    autoscaling: [null, { minReplicas: 1, maxReplicas: 3 }, { minReplicas: 2, maxReplicas: 4 }],
    'autoscaling.target': [{ cpuUtilizationPercent: 50 }],
    resources: [null, { requests: { cpu: '100m' } }, { limits: { cpu: '600m', memory: '2Gi' } }],
    podTemplate: [
      null,
      { metadata: { labels: { team: 'chat' }, annotations: null } },
      { metadata: { annotations: { 'example.com/note': 'two' } } },
      { spec: { tolerations: [{ key: 'chat', operator: 'Exists' }] } },
      { spec: { containers: [{ name: container, env: [{ name: 'EXTRA', value: '1' }] }] } },
    ],
  }
}

/**
 * Values of all fields of the spec that pods and objects may follow from, by the path of the field. A field that is an
 * object is drawn as a whole; null leaves it out.
 */
export const DRAWN: Readonly<Record<string, readonly unknown[]>> = {
  version: ['1.0.0', '1.0.1', '1.1.0', '2.0.0'],
  'images.registry': ['registry.example.com/chat-app', 'registry.example.com/other'],
  'images.pullPolicy': ['IfNotPresent', 'Always', 'Never'],
  'images.pullSecrets': [[], [{ name: 'pull' }]],
  'images.digests': [null, { api: `sha256:${'a'.repeat(64)}` }, { websocket: `sha256:${'b'.repeat(64)}` }],
  exposure: [
    { type: 'None', hosts: null, ingress: null, tls: null },
    {
      type: 'Ingress',
      hosts: { api: 'api.example.com', websocket: 'ws.example.com' },
      ingress: { className: 'nginx', profile: 'nginx' },
    },
    {
      type: 'Ingress',
      hosts: { api: 'api.example.com', websocket: 'ws.example.com' },
      ingress: { className: 'haproxy', profile: 'haproxy' },
      tls: { secretNames: { api: 'tls', websocket: 'tls' } },
    },
  ],
  ...under('api', workload('api')),
  ...under('websocket', workload('websocket')),
  'websocket.drain': [null, { periodSeconds: 1 }, { periodSeconds: 30 }],
  'websocket.rebalance': [0, 10],
  worker: [null, {}],
  ...under('worker', workload('worker')),
  'database.url': [null, { secretKeyRef: { name: 'other', key: 'database' } }],
  'database.tls': [null, ...['one', 'two'].map((key) => ({ caSecretRef: { name: 'authorities', key } }))],
  'redis.url': [null, { secretKeyRef: { name: 'other', key: 'redis' } }],
  'redis.broadcast': [null, { url: { secretKeyRef: { name: 'other', key: 'redis' } } }],
  'redis.tls': [null, { caSecretRef: { name: 'authorities', key: 'one' } }],
  'auth.jwt.current': [null, { secretKeyRef: { name: 'other', key: 'signing' } }],
  'auth.jwt.previous': [null, { secretKeyRef: { name: 'other', key: 'former' } }],
  'migrations.timeoutSeconds': [300, 600],
  'migrations.podTemplate': [null, { metadata: { labels: { team: 'data' } } }],
  'rollout.progressDeadlineSeconds': [300, 600],
  'rollout.historyLimit': [5, 10],
  'rollout.operatorUpdates': ['Manual', 'Auto'],
  'rollout.schedule': [null, [{ days: ['Mon'], start: '02:00', durationMinutes: 60, timeZone: 'UTC' }]],
  'rollout.proof': ['Enabled', 'Disabled'],
  'rollout.budget': [null, { lost: 1 }, { maxGapSeconds: 5, onSkipped: 'Continue' }],
  trustedProxies: [[], ['10.0.0.0/8']],
  allowedOrigins: [[], ['https://chat.example.com']],
  'monitoring.mode': ['Auto', 'Disabled'],
  'networkPolicy.mode': ['Auto', 'Enabled', 'Disabled'],
  paused: [true, false],
  hibernated: [true, false],
}

/** Fields that are not drawn, each with the reason. */
export const NOT_DRAWN: Readonly<Record<string, string>> = {
  'exposure.gateway': 'the API server of the tests has no HTTPRoutes',
  'exposure.tls.issuerRef': 'it is another way to name the Secrets',
  'database.clusterRef': 'the rollout waits for a resource of another operator',
  'redis.clusterRef': 'the same',
  messaging: 'the schema refuses it',
  storage: 'the schema refuses it',
}

function under(
  field: string,
  values: Readonly<Record<string, readonly unknown[]>>,
): Record<string, readonly unknown[]> {
  return Object.fromEntries(Object.entries(values).map(([name, each]) => [`${field}.${name}`, each]))
}

/** Values of the annotation. Each restarts some services once. */
const RESTARTS = ['x1', 'api@x2', 'api,websocket@x3', 'websocket@x4', 'worker@x5', 'x6']
const HISTORY_LIMIT = ['rollout', 'historyLimit']

/** A random merge patch of a ChatApp: one or two fields of its spec, or a restart beside none, one or two. */
export function drawnChange(random: () => number, spec: object): { readonly metadata?: object; readonly spec: object } {
  if (random() < 0.7) return { spec: drawnSpec(1 + Math.floor(random() * 2), random, spec) }
  const annotations = { [DECISIONS.restart]: oneOf(RESTARTS, random) }
  const fields = drawnSpec(Math.floor(random() * 3), random, spec)
  // It changes no pod, and the generation, which an annotation alone does not: so it is seen that the operator knows both.
  return { metadata: { annotations }, spec: merged(fields, HISTORY_LIMIT, at(spec, HISTORY_LIMIT) === 5 ? 10 : 5) }
}

/** A random merge patch of so many fields of the spec. */
function drawnSpec(number: number, random: () => number, spec: object): object {
  const paths = Object.keys(DRAWN).filter((path) => isPossible(path, spec))
  const fields = Array.from({ length: number }, () => oneOf(paths, random))
  const resumed = (['paused', 'hibernated'] as const).filter((field) => Reflect.get(spec, field) === true)
  // Otherwise most changes would be those of a ChatApp that does nothing.
  const off = random() < 0.7 ? Object.fromEntries(resumed.map((field) => [field, false])) : {}
  return fields.reduce<object>((patch, path) => merged(patch, path.split('.'), oneOf(DRAWN[path]!, random)), off)
}

/** A part of something that the ChatApp does not have would make it. */
function isPossible(path: string, spec: object): boolean {
  const [field = '', part] = path.split('.')
  if (part === 'autoscaling' && path.endsWith('.target')) return at(spec, [field, part]) !== undefined
  return field !== 'worker' || part === undefined || at(spec, [field]) !== undefined
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (each, key) => (typeof each === 'object' && each !== null ? Reflect.get(each, key) : undefined),
    value,
  )
}

function oneOf<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)]!
}

function merged(patch: object, [field = '', ...below]: readonly string[], value: unknown): object {
  if (below.length === 0) return { ...patch, [field]: value }
  const inner: unknown = Reflect.get(patch, field)
  return { ...patch, [field]: merged(typeof inner === 'object' && inner !== null ? inner : {}, below, value) }
}
