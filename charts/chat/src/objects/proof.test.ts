import { describe, expect, test } from 'vitest'
import { declaredFacts } from '../desired.ts'
import { model } from '../model.ts'
import { chatApp, podOf, rendered, type Loose } from '../testing.ts'
import { proofJob, type ProofPart } from './proof.ts'

/** The Job of a part, from the templates that are rendered for a spec. */
function proof(part: ProofPart, spec: Loose = {}, version = '1.4.2', run = '2'): Loose {
  const { get } = rendered(spec)
  const templates = {
    api: get('Deployment', 'chat-api').spec.template,
    websocket: get('Deployment', 'chat-websocket').spec.template,
  }
  return proofJob(model(chatApp(spec)), declaredFacts, { version, templates }, part, run)
}

function environment(container: Loose): Record<string, string> {
  return Object.fromEntries(container.env.map(({ name, value }: Loose) => [name, value]))
}

describe('the Job of a proof', () => {
  const before = proof('before')
  const [api, websocket] = podOf(before).initContainers
  const [prove] = podOf(before).containers

  test('has the image, the configuration and the credentials of the API of the release', () => {
    const [container] = podOf(rendered().get('Deployment', 'chat-api')).containers
    expect([prove.name, prove.args, prove.image]).toEqual(['prove', ['prove'], container.image])
    expect(prove.volumeMounts).toEqual(container.volumeMounts)
    expect(environment(prove)).toMatchObject({
      DATABASE_URL_FILE: '/etc/chat-app/secrets/database/url',
      JWT_SECRET_FILE: '/etc/chat-app/secrets/jwt/secret',
      RELEASE_VERSION: '1.4.2',
      SERVER_HOST: '0.0.0.0',
      SERVER_PORT: '8080',
      LOG_LEVEL: 'info',
      DATABASE_MAX_CONNECTIONS: '4',
    })
    expect(prove.ports).toEqual([{ name: 'http', containerPort: 8080 }])
  })

  test('says where the old and the new processes are, and what is allowed', () => {
    expect(environment(prove)).toMatchObject({
      PROOF_PART: 'before',
      PROOF_OWNER: expect.stringMatching(/^[a-z0-9]{8,16}$/) as string,
      PROOF_API_URL: 'http://chat-api.shop.svc',
      PROOF_WEBSOCKET_URL: 'ws://chat-websocket.shop.svc',
      PROOF_NEW_API_URL: 'http://127.0.0.1:18080',
      PROOF_NEW_WEBSOCKET_URL: 'ws://127.0.0.1:18085',
      PROOF_MESSAGES: '5000',
      PROOF_MAX_LOST: '0',
      PROOF_MAX_GAP_SECONDS: '3',
      PROOF_TIMEOUT_SECONDS: '570',
    })
    const budget = { lost: 2, maxGapSeconds: 9 }
    const during = environment(podOf(proof('during', { rollout: { budget } })).containers[0])
    expect(during).toMatchObject({ PROOF_PART: 'during', PROOF_MAX_LOST: '2', PROOF_MAX_GAP_SECONDS: '9' })
    expect(Object.keys(during).filter((name) => /NEW|MESSAGES/.test(name))).toEqual([])
  })

  test('runs the new processes beside it at ports of their own, as native sidecars, before the roll alone', () => {
    expect(podOf(proof('during')).initContainers).toBeUndefined()
    expect([api.name, websocket.name]).toEqual(['api', 'websocket'])
    expect([api.restartPolicy, websocket.restartPolicy]).toEqual(['Always', 'Always'])
    expect(environment(api)).toMatchObject({ SERVER_PORT: '18080', METRICS_PORT: '19090', NODE_ID: '$(POD_NAME)-api' })
    expect(environment(websocket)).toMatchObject({ SERVER_PORT: '18085', DRAIN_PERIOD_SECONDS: '0' })
    expect(websocket.ports).toEqual([{ containerPort: 18_085 }, { containerPort: 19_095 }])
    expect(api.env[0]).toEqual({ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } })
    const variables = [api, websocket, prove].map(({ env }: Loose) => env.map(({ name }: Loose) => name))
    for (const names of variables) expect(names).toEqual([...new Set(names)])
  })

  test('moves no connection, and stops its processes at once', () => {
    const job = proof('before', { websocket: { rebalance: 20 } })
    expect(JSON.stringify(job)).not.toMatch(/REBALANCE|preStop/)
  })

  test('asks for less than the release where that has more, and keeps its limits', () => {
    expect(api.resources).toEqual({
      requests: { cpu: '50m', memory: '128Mi' },
      limits: { cpu: '500m', memory: '1Gi' },
    })
    const small = { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '20m', memory: '64Mi' } }
    expect(podOf(proof('before', { api: { resources: small } })).initContainers[0].resources).toEqual(small)
  })

  test('ends by itself, and is not tried again where that cannot help', () => {
    expect(before.spec).toMatchObject({ activeDeadlineSeconds: 600, backoffLimit: 6 })
    expect(proof('during').spec.activeDeadlineSeconds).toBe(3600)
    expect(before.spec.podFailurePolicy.rules).toEqual([
      { action: 'FailJob', onExitCodes: { containerName: 'prove', operator: 'In', values: [2, 65, 78] } },
    ])
    expect(podOf(before)).toMatchObject({
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 60,
      serviceAccountName: 'chat-prove',
      automountServiceAccountToken: false,
    })
  })

  test('is selected by no Service, and is another one for another run, budget or release', () => {
    const labels = before.spec.template.metadata.labels
    expect(labels).toMatchObject({ 'app.kubernetes.io/component': 'prove', 'app.kubernetes.io/version': '1.4.2' })
    expect(before.spec.template.metadata.annotations).toEqual({})
    expect(before.metadata.name).toMatch(/^chat-prove-before-[0-9a-f]{8}$/)
    expect(proof('before').metadata.name).toBe(before.metadata.name)
    const others = [proof('before', {}, '1.4.2', '3'), proof('before', { rollout: { budget: { lost: 1 } } })]
    for (const { metadata } of others) expect(metadata.name).not.toBe(before.metadata.name)
    expect(proof('during', {}, '1.5.0').metadata.labels['app.kubernetes.io/version']).toBe('1.5.0')
  })

  test('keeps volumes and containers apart that have one name and another content', () => {
    const podTemplate = (component: string, content: string) => ({
      spec: {
        initContainers: [{ name: 'fetch', image: content, volumeMounts: [{ name: 'files', mountPath: '/files' }] }],
        containers: [
          { name: component, volumeMounts: [{ name: 'files', mountPath: '/files' }] },
          { name: 'log', image: 'same' },
        ],
        volumes: [{ name: 'files', configMap: { name: content } }],
      },
    })
    const pod = podOf(
      proof('before', {
        api: { podTemplate: podTemplate('api', 'one') },
        websocket: { podTemplate: podTemplate('websocket', 'two') },
      }),
    )
    const contentOf = (container: Loose): unknown => {
      const mount = container.volumeMounts.find(({ mountPath }: Loose) => mountPath === '/files')
      return pod.volumes.find(({ name }: Loose) => name === mount.name).configMap.name
    }
    const all = pod.initContainers as Loose[]
    const [fetchOne, fetchTwo] = all.filter(({ name }) => name.startsWith('fetch'))
    const service = (component: string) => all.find(({ name }) => name === component)
    expect([fetchOne.image, contentOf(fetchOne), contentOf(service('api'))]).toEqual(['one', 'one', 'one'])
    expect([fetchTwo.image, contentOf(fetchTwo), contentOf(service('websocket'))]).toEqual(['two', 'two', 'two'])
    expect(contentOf(pod.containers[0])).toBe('one')
    for (const list of [all, pod.volumes as Loose[]]) {
      const names = list.map(({ name }) => name as string)
      expect(names).toEqual([...new Set(names)])
      for (const name of names) expect(name).toMatch(/^[a-z0-9-]{1,63}$/)
    }
    expect(all.filter(({ name }) => name.startsWith('log'))).toHaveLength(1)
  })

  test('keeps what a pod template says of nodes, and runs its containers as sidecars', () => {
    const podTemplate = (name: string) => ({
      metadata: { annotations: { 'example.com/mesh': 'off' } },
      spec: {
        nodeSelector: { disk: 'fast' },
        containers: [{ name: 'extra', image: 'extra:1' }],
        initContainers: [{ name: 'first', image: 'first:1' }],
        volumes: [{ name: `of-${name}`, emptyDir: {} }],
      },
    })
    const spec = { api: { podTemplate: podTemplate('api') }, websocket: { podTemplate: podTemplate('websocket') } }
    const job = proof('before', spec)
    const pod = podOf(job)
    expect(pod.nodeSelector).toEqual({ disk: 'fast' })
    expect([...pod.initContainers, ...pod.containers].map(({ name }: Loose) => name)).toEqual([
      'first',
      'extra',
      'api',
      'websocket',
      'prove',
    ])
    const volumes = pod.volumes.map(({ name }: Loose) => name)
    expect(volumes).toEqual([...new Set(volumes)])
    expect(pod.volumes).toEqual(expect.arrayContaining([{ name: 'of-websocket', emptyDir: {} }]))
    expect(job.spec.template.metadata.annotations).toEqual({ 'example.com/mesh': 'off' })
    expect(pod.topologySpreadConstraints).toBeUndefined()
  })

  test('probes its processes at their ports', () => {
    const container = { name: 'api', livenessProbe: { httpGet: { port: 8080 } } }
    const pod = podOf(proof('before', { api: { podTemplate: { spec: { containers: [container] } } } }))
    expect(pod.initContainers[0].livenessProbe.httpGet.port).toBe(18_080)
    expect(pod.initContainers[0].startupProbe.httpGet.port).toBe(18_080)
    expect(podOf(proof('during')).containers[0].readinessProbe.httpGet.port).toBe(8080)
  })
})

test('a ChatApp has a ServiceAccount and a NetworkPolicy for its proofs, and no Job of one', () => {
  const { get, all } = rendered()
  expect(get('ServiceAccount', 'chat-prove').automountServiceAccountToken).toBe(false)
  const { podSelector, ingress } = get('NetworkPolicy', 'chat-prove').spec
  expect(podSelector.matchLabels['app.kubernetes.io/component']).toBe('prove')
  expect(ingress).toEqual([{ ports: [{ protocol: 'TCP', port: 8080 }] }])
  expect(all('Job').map(({ metadata }) => metadata.name.replace(/-[^-]*$/, ''))).toEqual(['chat-migrate'])
})
