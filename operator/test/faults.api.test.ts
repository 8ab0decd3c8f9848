import {
  AUTOSCALERS,
  CHAT_APPS,
  CONFIG_MAPS,
  CONTROLLER_REVISIONS,
  DEPLOYMENTS,
  INGRESSES,
  JOBS,
  SECRETS,
  SERVICES,
} from '@chat-app/chat/resources'
import { describe, expect } from 'vitest'
import { at } from '../src/runtime/json.ts'
import { eventually, readyChat, test, type Chat } from '../src/testing/chat.ts'
import { CREDENTIALS } from '../src/testing/secrets.ts'

const hosts = { api: 'api.example.com', websocket: 'ws.example.com' }
const ingress = { type: 'Ingress', hosts, ingress: { className: 'haproxy' } } as const

async function replicas(chat: Chat, name: string): Promise<number | undefined> {
  return at<number>(await chat.get(DEPLOYMENTS, name), 'spec', 'replicas')
}

/** Deletes a Service and changes a number of pods, and waits until both are as the spec says. */
async function expectRepairs(chat: Chat, websockets: number): Promise<void> {
  const uid = (await chat.get(SERVICES, 'chat-api'))?.metadata.uid
  await chat.delete(SERVICES, 'chat-api')
  await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { replicas: websockets } } })
  await eventually(async () => {
    const service = await chat.get(SERVICES, 'chat-api')
    expect(service).toBeDefined()
    expect(service?.metadata.uid).not.toBe(uid)
    expect(await replicas(chat, 'chat-websocket')).toBe(websockets)
  })
}

/** Names of what a release adds. */
async function releaseObjects(chat: Chat): Promise<string[]> {
  const lists = await Promise.all([CONFIG_MAPS, CONTROLLER_REVISIONS, JOBS].map((resource) => chat.list(resource)))
  return lists.flat().map(({ kind, metadata }) => `${kind} ${metadata.name}`)
}

async function imageOf(chat: Chat, name: string): Promise<string | undefined> {
  return at<string>(await chat.get(DEPLOYMENTS, name), 'spec', 'template', 'spec', 'containers', 0, 'image')
}

describe.concurrent('a fault holds what comes from it, and nothing else:', () => {
  test('a Gateway where its kind is not installed', async ({ chat }) => {
    await readyChat(chat, { exposure: ingress })
    const before = await chat.list(INGRESSES)
    const exposure = { type: 'Gateway', ingress: null, gateway: { parentRef: { name: 'edge' } } }
    await chat.edit(CHAT_APPS, 'chat', { spec: { exposure } })
    const { message } = await chat.reason('KindNotInstalled')
    expect(message).toContain('spec.exposure.type needs the kind gateway.networking.k8s.io/v1 HTTPRoute')
    expect(await chat.condition('Stalled')).toMatchObject({ status: 'True', reason: 'KindNotInstalled' })
    await expectRepairs(chat, 3)
    // A release is rolled out too.
    await chat.edit(CHAT_APPS, 'chat', { spec: { version: '1.1.0' } })
    await eventually(async () => expect((await chat.status()).version).toBe('1.1.0'))
    const uids = async () => (await chat.list(INGRESSES)).map(({ metadata }) => metadata.uid)
    expect(await uids()).toEqual(before.map(({ metadata }) => metadata.uid))
    await chat.edit(CHAT_APPS, 'chat', { spec: { exposure: { type: 'None', hosts: null, gateway: null } } })
    await chat.reason('Ready')
    expect(await uids()).toEqual([])
  })

  test('a missing Secret', async ({ chat }) => {
    await readyChat(chat, { websocket: { replicas: 3 } })
    await chat.delete(SECRETS, 'redis-credentials')
    await chat.reason('MissingSecret')
    await expectRepairs(chat, 2)
    // More pods, and pods of another release, could not start.
    await chat.edit(CHAT_APPS, 'chat', { spec: { api: { replicas: 4 }, version: '1.1.0' } })
    const autoscaling = { minReplicas: 5, maxReplicas: 6 }
    await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { autoscaling } } })
    await eventually(async () =>
      expect(at(await chat.get(AUTOSCALERS, 'chat-websocket'), 'spec')).toMatchObject({
        minReplicas: 2,
        maxReplicas: 6,
      }),
    )
    expect(await replicas(chat, 'chat-api')).toBe(1)
    expect(await imageOf(chat, 'chat-api')).toMatch(/:1\.0\.0$/)
    await chat.secret('redis-credentials', CREDENTIALS['redis-credentials'])
    await eventually(async () => {
      expect(await replicas(chat, 'chat-api')).toBe(4)
      expect(await imageOf(chat, 'chat-api')).toMatch(/:1\.1\.0$/)
      expect(at(await chat.get(AUTOSCALERS, 'chat-websocket'), 'spec', 'minReplicas')).toBe(5)
    })
  })

  test('a quantity in a pod template that the API server refuses', async ({ chat }) => {
    await readyChat(chat)
    const before = await releaseObjects(chat)
    const podTemplate = { spec: { containers: [{ name: 'api', resources: { limits: { cpu: 'abc' } } }] } }
    await chat.edit(CHAT_APPS, 'chat', { spec: { version: '1.1.0', api: { podTemplate } } })
    const { message } = await chat.reason('InvalidObject')
    expect(message).toContain(
      'Deployment chat-api: spec.template.spec.containers[0].resources.limits.cpu is "abc", not a quantity',
    )
    expect(await chat.condition('Stalled')).toMatchObject({ status: 'True', reason: 'InvalidObject' })
    await expectRepairs(chat, 3)
    // Nothing of the release was written, and it was tried once.
    expect(before).toEqual(expect.arrayContaining(await releaseObjects(chat)))
    expect(await imageOf(chat, 'chat-websocket')).toMatch(/:1\.0\.0$/)
    const tries = () => chat.requests.filter(({ verb, path }) => verb === 'dry_run' && path.endsWith('/chat-api'))
    expect(tries()).toHaveLength(2)
    await chat.edit(CHAT_APPS, 'chat', { spec: { api: { podTemplate: null } } })
    await chat.reason('Ready')
    expect(await chat.status()).toMatchObject({ version: '1.1.0' })
    expect(tries()).toHaveLength(3)
  })

  test('an admission webhook that does not answer', async ({ chat }) => {
    await readyChat(chat)
    const before = await releaseObjects(chat)
    const webhook = await refuseJobs(chat)
    await chat.edit(CHAT_APPS, 'chat', { spec: { version: '1.1.0' } })
    const { message } = await chat.reason('WebhookUnavailable')
    expect(message).toContain('failed calling webhook "jobs.example.com"')
    await expectRepairs(chat, 3)
    expect(before).toEqual(expect.arrayContaining(await releaseObjects(chat)))
    await webhook.remove()
    await chat.reason('Ready')
    expect(await chat.status()).toMatchObject({ version: '1.1.0' })
  })

  test('an object that an admission policy refuses', async ({ chat }) => {
    await readyChat(chat)
    const policy = await refuseIngress(chat)
    await chat.edit(CHAT_APPS, 'chat', { spec: { exposure: ingress } })
    expect((await chat.reason('InvalidObject')).message).toContain('no Ingress for the API')
    await expectRepairs(chat, 3)
    expect((await chat.list(INGRESSES)).map(({ metadata }) => metadata.name)).toEqual(['chat-websocket'])
    await policy.remove()
    await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { replicas: 1 } } })
    await chat.reason('Ready')
    expect(await chat.list(INGRESSES)).toHaveLength(2)
  })
})

const ADMISSION = '/apis/admissionregistration.k8s.io/v1'

/** Creates a cluster-wide object that is about this namespace alone. */
async function admission(chat: Chat, plural: string, object: object) {
  const path = `${ADMISSION}/${plural}`
  const name = `${plural}-${chat.namespace}`
  await chat.client.request({ method: 'POST', path, body: { metadata: { name }, ...object } })
  return { name, remove: () => chat.client.request({ method: 'DELETE', path: `${path}/${name}` }) }
}

/** A webhook for Jobs at an address where nothing listens. */
async function refuseJobs(chat: Chat) {
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': chat.namespace } }
  const rules = [{ apiGroups: ['batch'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['jobs'] }]
  const webhook = {
    name: 'jobs.example.com',
    clientConfig: { url: 'https://127.0.0.1:9/jobs' },
    failurePolicy: 'Fail',
    timeoutSeconds: 1,
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    namespaceSelector,
    rules,
  }
  return admission(chat, 'validatingwebhookconfigurations', { webhooks: [webhook] })
}

async function refuseIngress(chat: Chat) {
  const resourceRules = [
    { apiGroups: ['networking.k8s.io'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['ingresses'] },
  ]
  const matchResources = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': chat.namespace } } }
  const policy = await admission(chat, 'validatingadmissionpolicies', {
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: { resourceRules },
      validations: [{ expression: "object.metadata.name != 'chat-api'", message: 'no Ingress for the API' }],
    },
  })
  const binding = await admission(chat, 'validatingadmissionpolicybindings', {
    spec: { policyName: policy.name, validationActions: ['Deny'], matchResources },
  })
  // The policy takes effect a moment after its creation.
  await eventually(async () => {
    const metadata = { name: 'chat-api', namespace: chat.namespace }
    const spec = { defaultBackend: { service: { name: 'x', port: { number: 80 } } } }
    const body = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec }
    const path = `/apis/networking.k8s.io/v1/namespaces/${chat.namespace}/ingresses`
    await expect(chat.client.request({ method: 'POST', path, query: { dryRun: 'All' }, body })).rejects.toThrow(
      'no Ingress',
    )
  })
  return {
    remove: async () => {
      await binding.remove()
      await policy.remove()
    },
  }
}
