import { describe, expect, test } from 'vitest'
import { podOf, rendered, type Loose } from '../testing.ts'

describe('the WebSocket service', () => {
  const { spec } = rendered({ websocket: { drain: { periodSeconds: 90 } } }).get('Deployment', 'chat-websocket')

  test('starts all new pods before an old one stops', () => {
    expect(spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } })
    expect(spec.minReadySeconds).toBeGreaterThan(0)
  })

  test('gives a pod its drain period and 30 s to stop', () => {
    expect(podOf({ spec }).terminationGracePeriodSeconds).toBe(120)
    expect(environment(podOf({ spec }))).toMatchObject({ DRAIN_PERIOD_SECONDS: '90' })
  })

  test('tells a pod the share that it moves and the pods of its release, unless nothing moves', () => {
    const { env } = podOf(rendered({ websocket: { rebalance: 20 } }).get('Deployment', 'chat-websocket')).containers[0]
    const fieldRef = { fieldPath: "metadata.labels['pod-template-hash']" }
    expect(env).toContainEqual({ name: 'REBALANCE_PERCENT', value: '20' })
    expect(env).toContainEqual({ name: 'REBALANCE_GROUP', valueFrom: { fieldRef } })
    expect(JSON.stringify(spec)).not.toContain('REBALANCE')
  })

  test('listens on its documented port', () => {
    expect(environment(podOf({ spec }))).toMatchObject({
      SERVER_PORT: '8085',
      METRICS_PORT: '9090',
      SERVER_HOST: '0.0.0.0',
    })
    expect(podOf({ spec }).containers[0].args).toEqual(['websocket'])
  })
})

describe('every pod', () => {
  const ORIGINS = 'https://chat.example.com,http://127.0.0.1:3000'
  const given = rendered({ trustedProxies: ['10.0.0.0/8', 'fd00::/8'], allowedOrigins: ORIGINS.split(',') })
  const plain = rendered()
  const pods = ({ get }: typeof given) =>
    [get('Deployment', 'chat-api'), get('Deployment', 'chat-websocket'), get('Job', 'chat-migrate')].map(podOf)
  const fileOf = ({ get }: typeof given) => String(get('ConfigMap', 'chat-config').data['production.yml'])

  test('knows the origins of pages, also the one that checks the configuration', () => {
    for (const pod of pods(given)) expect(environment(pod)).toMatchObject({ ALLOWED_ORIGINS: ORIGINS })
    for (const pod of pods(plain)) expect(environment(pod)).not.toHaveProperty('ALLOWED_ORIGINS')
  })

  test('trusts the proxies of the ChatApp, and none by default', () => {
    expect(fileOf(given)).toContain('  trusted_proxies: ["10.0.0.0/8","fd00::/8"]\n')
    expect(fileOf(plain)).not.toContain('trusted_proxies')
  })
})

describe('the worker', () => {
  const { get, all } = rendered({ worker: { replicas: 2, resources: { requests: { cpu: '50m' } } } })
  const deployment = get('Deployment', 'chat-worker')

  test('is the program of the API with another command, and with what that needs', () => {
    const [container] = podOf(deployment).containers
    expect(container).toMatchObject({ name: 'worker', args: ['worker'], resources: { requests: { cpu: '50m' } } })
    expect(container.image).toBe(podOf(get('Deployment', 'chat-api')).containers[0].image)
    const { ALLOWED_ORIGINS, DRAIN_PERIOD_SECONDS, SHUTDOWN_DELAY_SECONDS } = environment(podOf(deployment)) as Loose
    expect([ALLOWED_ORIGINS, DRAIN_PERIOD_SECONDS, SHUTDOWN_DELAY_SECONDS]).toEqual([undefined, undefined, undefined])
    expect(container.lifecycle).toBeUndefined()
  })

  test('has the image of the API also where that has a digest', () => {
    const api = `sha256:${'0'.repeat(64)}`
    const { get } = rendered({ worker: {}, images: { digests: { api } } })
    expect(podOf(get('Deployment', 'chat-worker')).containers[0].image).toMatch(new RegExp(`/chat-service@${api}$`))
  })

  test('replaces one pod at a time, is applied after the WebSocket service, and has what every service has', () => {
    expect(deployment.spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    })
    expect(all('Deployment').map(({ metadata }) => metadata.name)).toEqual([
      'chat-api',
      'chat-websocket',
      'chat-worker',
    ])
    for (const kind of ['ServiceAccount', 'PodDisruptionBudget', 'NetworkPolicy', 'ServiceMonitor'])
      expect(get(kind, 'chat-worker').metadata.labels['app.kubernetes.io/component']).toBe('worker')
  })

  test('has a Service for its metrics alone', () => {
    expect(get('Service', 'chat-worker').spec.ports).toEqual([
      { name: 'metrics', port: 9090, protocol: 'TCP', targetPort: 'metrics' },
    ])
  })

  test('has no pods while hibernated, and is nowhere unless it is set', () => {
    expect(rendered({ worker: {}, hibernated: true }).get('Deployment', 'chat-worker').spec.replicas).toBe(0)
    expect(JSON.stringify(rendered().objects)).not.toContain('worker')
  })
})

describe('the API', () => {
  const deployment = rendered().get('Deployment', 'chat-api')

  test('replaces one pod at a time, and never has fewer pods than desired', () => {
    expect(deployment.spec.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 })
  })

  test('serves until proxies have removed its endpoint', () => {
    expect(podOf(deployment).containers[0].lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } })
  })

  test('leaves the last lines of its log in the status of a pod that crashes', () => {
    expect(podOf(deployment).containers[0].terminationMessagePolicy).toBe('FallbackToLogsOnError')
  })

  test('has separate liveness and readiness endpoints', () => {
    const { livenessProbe, readinessProbe, startupProbe } = podOf(deployment).containers[0]
    expect(livenessProbe.httpGet).toEqual({ path: '/actuator/health/liveness', port: 'http' })
    expect(readinessProbe.httpGet).toEqual({ path: '/actuator/health/readiness', port: 'http' })
    expect(startupProbe.httpGet.path).toBe('/actuator/health/liveness')
  })

  test('has the documented resources, or those of the ChatApp', () => {
    const resources = (spec: Loose) => podOf(rendered(spec).get('Deployment', 'chat-api')).containers[0].resources
    expect(resources({})).toEqual({
      requests: { cpu: '200m', memory: '512Mi' },
      limits: { cpu: '500m', memory: '1Gi' },
    })
    expect(resources({ api: { resources: { limits: { cpu: 2 } } } }).limits).toEqual({ cpu: '2', memory: '1Gi' })
  })

  test('prefers different nodes and zones for the pods of one template', () => {
    expect(podOf(deployment).topologySpreadConstraints).toMatchObject([
      {
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        matchLabelKeys: ['pod-template-hash'],
      },
      { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
    ])
  })
})

describe('credentials', () => {
  test('are files whose paths are in variables; a Secret that the ChatApp does not name has none', () => {
    const api = podOf(rendered().get('Deployment', 'chat-api'))
    expect(environment(api)).toMatchObject({
      DATABASE_URL_FILE: '/etc/chat-app/secrets/database/url',
      REDIS_URL_FILE: '/etc/chat-app/secrets/redis/url',
      JWT_SECRET_FILE: '/etc/chat-app/secrets/jwt/secret',
    })
    expect(Object.keys(environment(api))).not.toContain('JWT_PREVIOUS_SECRET_FILE')
    expect(Object.keys(environment(api))).not.toContain('BROADCAST_REDIS_URL_FILE')
  })

  test('use the names and keys of the ChatApp', () => {
    const secretKeyRef = { name: 'tokens', key: 'old' }
    const api = podOf(rendered({ auth: { jwt: { previous: { secretKeyRef } } } }).get('Deployment', 'chat-api'))
    expect(environment(api)['JWT_PREVIOUS_SECRET_FILE']).toBe('/etc/chat-app/secrets/jwt-previous/old')
    expect(api.volumes).toContainEqual({
      name: 'jwt-previous',
      secret: { secretName: 'tokens', items: [{ key: 'old', path: 'old' }] },
    })
  })

  test('for the registry are in every pod', () => {
    const { all } = rendered({ images: { pullSecrets: [{ name: 'registry' }] } })
    const pods = [...all('Deployment'), ...all('Job')].map(podOf)
    for (const pod of pods) expect(pod.imagePullSecrets).toEqual([{ name: 'registry' }])
  })
})

describe('the configuration file', () => {
  const yml = (spec: Loose) => rendered(spec).get('ConfigMap', 'chat-config').data['production.yml']

  test('is mounted where the services read it, with variables in place of credentials', () => {
    expect(yml({})).toMatch(/database:\n {2}url: \$\{DATABASE_URL\}\n/)
    expect(podOf(rendered().get('Deployment', 'chat-api')).containers[0].volumeMounts).toContainEqual({
      name: 'config',
      mountPath: '/app/config',
      readOnly: true,
    })
  })

  test('gives a WebSocket pod half of the database connections of an API pod', () => {
    expect(yml({})).toContain('max_connections: ${DATABASE_MAX_CONNECTIONS:-20}')
    const { get } = rendered()
    expect(environment(podOf(get('Deployment', 'chat-api')))).toMatchObject({ DATABASE_MAX_CONNECTIONS: '20' })
    expect(environment(podOf(get('Deployment', 'chat-websocket')))).toMatchObject({ DATABASE_MAX_CONNECTIONS: '10' })
  })

  test('uses the Redis for broadcasts when the ChatApp has one', () => {
    expect(yml({})).toContain('redis_url: ${REDIS_URL}')
    const broadcast = { url: { secretKeyRef: { name: 'broadcast' } } }
    expect(yml({ redis: { broadcast } })).toContain('redis_url: ${BROADCAST_REDIS_URL}')
  })

  test('rolls the pods when it changes, because it is read at start', () => {
    const template = (spec: Loose) => rendered(spec).get('Deployment', 'chat-api').spec.template.metadata.annotations
    const broadcast = { url: { secretKeyRef: { name: 'broadcast' } } }
    expect(template({ redis: { broadcast } })).not.toEqual(template({}))
  })
})

describe('the migration', () => {
  test('is another Job for another release or template, and the same Job otherwise', () => {
    const name = (spec: Loose) => rendered(spec).get('Job', 'chat-migrate-').metadata.name
    expect(name({})).toMatch(/^chat-migrate-[0-9a-f]{8}$/)
    expect(name({ api: { replicas: 9 } })).toBe(name({}))
    expect(name({ version: '1.4.3' })).not.toBe(name({}))
    expect(name({ migrations: { podTemplate: { spec: { dnsPolicy: 'None' } } } })).not.toBe(name({}))
  })

  test('gives up before its Job is killed, and leaves its last log lines', () => {
    const { spec } = rendered({ migrations: { timeoutSeconds: 100 } }).get('Job', 'chat-migrate-')
    expect(spec).toMatchObject({ activeDeadlineSeconds: 100, backoffLimit: 2 })
    expect(spec.ttlSecondsAfterFinished).toBeUndefined()
    const pod = podOf({ spec })
    expect(pod.restartPolicy).toBe('Never')
    expect(pod.containers[0].terminationMessagePolicy).toBe('FallbackToLogsOnError')
    expect(Number(environment(pod)['MIGRATION_TIMEOUT_SECONDS'])).toBeLessThan(100)
  })

  test('reads the configuration and the Secrets as the services do', () => {
    const tls = { caSecretRef: { name: 'ca' } }
    const { get } = rendered({ database: { tls }, redis: { tls } })
    const files = (kind: string, name: string) => {
      const { volumes, containers } = podOf(get(kind, name))
      const [{ volumeMounts, env }] = containers
      return { volumes, volumeMounts, env: env.filter(({ name }: Loose) => name.endsWith('_FILE')) }
    }

    const migration = files('Job', 'chat-migrate-')
    expect(migration.volumes.map(({ name }: Loose) => name)).toEqual([
      'tmp',
      'config',
      'database',
      'redis',
      'jwt',
      'database-ca',
      'redis-ca',
    ])
    expect(migration).toEqual(files('Deployment', 'chat-api'))
    expect(migration).toEqual(files('Deployment', 'chat-websocket'))
  })

  test('knows its release and the Job whose pods are one run', () => {
    const [{ env }] = podOf(rendered({ version: 'main' }).get('Job', 'chat-migrate-')).containers
    expect(env).toContainEqual({ name: 'RELEASE_VERSION', value: 'main' })
    const fieldPath = "metadata.labels['batch.kubernetes.io/job-name']"
    expect(env).toContainEqual({ name: 'MIGRATION_RUN', valueFrom: { fieldRef: { fieldPath } } })
  })

  test('is not tried again when its configuration is invalid, unless its pods restart their containers', () => {
    const policy = (spec: Loose) => rendered(spec).get('Job', 'chat-migrate-').spec.podFailurePolicy
    expect(policy({})).toEqual({
      rules: [{ action: 'FailJob', onExitCodes: { containerName: 'migrate', operator: 'In', values: [78] } }],
    })
    expect(policy({ migrations: { podTemplate: { spec: { restartPolicy: 'OnFailure' } } } })).toBeUndefined()
  })
})

/** The variables of a pod's first container that have a literal value. */
function environment(pod: Loose): Record<string, string> {
  return Object.fromEntries(pod.containers[0].env.map(({ name, value }: Loose) => [name, value]))
}
