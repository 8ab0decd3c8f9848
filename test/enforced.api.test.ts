import { CHAT_APPS, pathOf, type Resource } from '@chat-app/chat/resources'
import { applied } from '@chat-app/platform'
import { type KubernetesObject } from '@chat-app/chat'
import { crd } from '@chat-app/crds'
import { prod } from '@chat-app/environments'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { eventually, makeNamespace, NAMESPACES, ApiServer, movedTo } from '@chat-app/sandbox-cluster/testing'
import { activeCluster } from '@chat-app/synth'
import { must } from '@chat-app/testing'

// The ValidatingAdmissionPolicies of production that refuse, on a real API server, with its roles.

const POLICIES: Resource = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
}
const MERGE = 'application/merge-patch+json'
const JSON_PATCH = 'application/json-patch+json'
const APPLY = 'application/apply-patch+yaml'
const ADMINISTRATOR = { user: 'pipeline', groups: ['system:masters'] }
const ON_CALL = { user: 'somebody', groups: ['chat-app:on-call'] }

const server = ApiServer.of(inject('kubeconfig'))
const all = applied(activeCluster(prod))
const enforced = new Set(all.flatMap(({ spec, metadata }) => (isFailing(spec) ? metadata.name : [])))
const policies = all.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy').filter(isEnforced)
let namespace: string
let created: KubernetesObject[] = []

beforeAll(async () => {
  namespace = await makeNamespace(server)
  const roles = all.filter(({ kind, metadata: { name } }) => /Role/.test(kind) && name === 'chat-app-on-call')
  const lists = all.filter(({ kind, metadata: { name } }) => kind === 'ConfigMap' && name === 'chat-app-hosts-chat-app')
  const bindings = all.filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding').filter(isEnforced)
  created = [...movedTo(namespace, [...roles, ...lists]), ...bindings.map(boundTo), ...policies]
  for (const object of created) await server.create(object)
  await server.create(chatApp('chat-app', { trustedProxies: ['10.0.0.0/8'] }))
  // The policies take effect once the API server has compiled them.
  const refused = [chatApp('x', hosts('evil.com')), pod('x', 'evil.com/a/b:1'), chatApp('x', hostPath('api'))]
  for (const object of refused) await eventually(async () => (await wouldCreate(object)).code === 422)
  await eventually(async () =>
    (await patched(ON_CALL, { spec: { version: '9.9.9' } })).message.includes('people on call may not'),
  )
})

afterAll(async () => {
  for (const object of created) await server.remove(object)
  await server.delete(NAMESPACES, undefined, namespace)
  await server.close()
})

describe('a person on call', () => {
  test.each([
    ['pauses and hibernates', { spec: { paused: true, hibernated: true } }],
    ['goes on', { spec: { paused: false, hibernated: null } }],
    ['goes back', annotated('rollback-to', '3')],
    ['tries again', annotated('retry', 'now')],
    ['takes an update', annotated('update', 'now')],
    ['restarts the pods', annotated('restart', 'now')],
    ['withdraws a rollback', annotated('rollback-to', null)],
  ])('%s', async (_, change) => expect(await patched(ON_CALL, change)).toMatchObject({ code: 200, message: '' }))

  test('cannot change what else a ChatApp has, by any way of writing it', async () => {
    const { metadata, spec } = await current()
    const whole = (change: object, more: object = {}): object => ({
      apiVersion: 'chat-app.com/v1alpha1',
      kind: 'ChatApp',
      metadata: { ...metadata, ...more },
      spec: { ...spec, ...change },
    })
    const podTemplate = { spec: { containers: [{ name: 'api', envFrom: [{ secretRef: { name: 'other' } }] }] } }
    const api = { ...(spec['api'] as object), podTemplate }
    const refused = [
      ['spec.api', await patched(ON_CALL, { spec: { api: { podTemplate } } })],
      [
        'spec.api',
        await patched(ON_CALL, [{ op: 'add', path: '/spec/api/podTemplate', value: podTemplate }], JSON_PATCH),
      ],
      ['spec.api', await patched(ON_CALL, applyOf({ spec: { version: '1.2.3', api: { podTemplate } } }), APPLY)],
      ['spec.api', await attempt(ON_CALL, 'PUT', whole({ api }))],
      ['spec.trustedProxies', await patched(ON_CALL, [{ op: 'remove', path: '/spec/trustedProxies' }], JSON_PATCH)],
      ['spec.websocket', await patched(ON_CALL, { spec: { websocket: { replicas: 7 }, paused: true } })],
      ['spec.allowedOrigins', await patched(ON_CALL, { spec: { allowedOrigins: ['https://x.example.com'] } })],
      ['the annotation other', await patched(ON_CALL, { metadata: { annotations: { other: 'x' } } })],
      ['the annotation kept', await patched(ON_CALL, { metadata: { annotations: { kept: null } } })],
      ['the annotation kept', await attempt(ON_CALL, 'PUT', whole({}, { annotations: {} }))],
      ['metadata.labels', await patched(ON_CALL, { metadata: { labels: { team: 'x' } } })],
      ['metadata.finalizers', await patched(ON_CALL, { metadata: { finalizers: ['example.com/x'] } })],
      ['metadata.ownerReferences', await patched(ON_CALL, { metadata: { ownerReferences: [owner()] } })],
    ] as const
    for (const [what, { code, message }] of refused)
      expect([code, message]).toEqual([403, expect.stringContaining(`people on call may not change ${what}`)])
    expect(await current()).toMatchObject({
      spec,
      metadata: { uid: metadata['uid'], generation: metadata['generation'] },
    })
  })

  test('can neither create nor delete one, nor write a subresource, whatever RBAC allows', async () => {
    // A Role that gives everything, so that only the policy refuses.
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'everything', namespace } }
    const subjects = [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'chat-app:on-call' }]
    const roleRef = { kind: 'Role', apiGroup: 'rbac.authorization.k8s.io', name: 'everything' }
    const rules = [{ apiGroups: ['chat-app.com'], resources: ['*'], verbs: ['*'] }]
    await server.create({ ...rbac, kind: 'Role', rules })
    await server.create({ ...rbac, kind: 'RoleBinding', subjects, roleRef })
    const collection = pathOf(CHAT_APPS, namespace)
    const create = { ...ON_CALL, method: 'POST', path: collection, body: chatApp('second') } as const
    await eventually(async () =>
      expect((await server.attempt(create)).message).toContain('people on call may neither create nor delete'),
    )
    const query = { fieldManager: 'x' }
    const path = `${collection}/second`
    const applied = { ...create, method: 'PATCH', path, query, type: APPLY } as const
    const deleted = { ...ON_CALL, method: 'DELETE', path: pathOf(CHAT_APPS, namespace, 'chat-app') } as const
    for (const request of [applied, deleted, { ...deleted, path: collection }])
      expect(await server.attempt(request)).toMatchObject({
        code: 403,
        message: expect.stringContaining('people on call may neither create nor delete a ChatApp'),
      })
    const scale = await server.attempt({ ...subresource('scale'), body: { spec: { replicas: 9 } } })
    const status = await server.attempt({ ...subresource('status'), body: { status: { version: '9.9.9' } } })
    expect(scale).toMatchObject({ code: 403, message: expect.stringContaining('may not change chatapps/scale') })
    expect(status).toMatchObject({ code: 403, message: expect.stringContaining('may not change chatapps/status') })
    expect((await current()).metadata['deletionTimestamp']).toBeUndefined()
  })

  test('is limited in the namespaces of ChatApps alone', async () => {
    const elsewhere = await makeNamespace(server)
    const { code } = await wouldCreate({ ...chatApp('x'), metadata: { name: 'x', namespace: elsewhere } }, ON_CALL)
    // RBAC refuses it here, in other words than the policy.
    expect(code).toBe(403)
    const object = { ...chatApp('x', hosts('evil.com')), metadata: { name: 'x', namespace: elsewhere } }
    expect(await wouldCreate(object)).toMatchObject({ code: 201 })
    await server.delete(NAMESPACES, undefined, elsewhere)
  })
})

test('the pipeline, the operator and a viewer are not touched by the policy for people on call', async () => {
  const operator = { user: `system:serviceaccount:chat-app-system:chat-app-operator`, groups: ['system:masters'] }
  for (const who of [ADMINISTRATOR, operator]) {
    expect(await patched(who, { spec: { version: '1.2.4' }, metadata: { labels: { by: 'them' } } })).toMatchObject({
      code: 200,
    })
    const status = { ...subresource('status'), ...who, body: { status: { version: '1.2.4' } } }
    expect(await server.attempt(status)).toMatchObject({ code: 200 })
    expect(await server.attempt({ ...subresource('scale'), ...who, body: { spec: { replicas: 5 } } })).toMatchObject({
      code: 200,
    })
  }
  const viewer = await patched({ user: 'viewer', groups: ['chat-app:developers'] }, { spec: { paused: true } })
  expect(viewer).toMatchObject({ code: 403, message: expect.stringContaining('cannot patch resource "chatapps"') })
})

describe('a host', () => {
  const ingress = (spec: object): KubernetesObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'x', namespace },
    spec,
  })
  const backend = { service: { name: 'x', port: { number: 80 } } }
  const of = (host?: string) => ({
    ...(host && { host }),
    http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
  })

  test('of the list may be used', async () => {
    expect(await wouldCreate(chatApp('x', hosts('api.chat-app.com')))).toMatchObject({ code: 201 })
    const tls = [{ hosts: ['ws.chat-app.com'], secretName: 'x' }]
    expect(await wouldCreate(ingress({ rules: [of('ws.chat-app.com')], tls }))).toMatchObject({ code: 201 })
  })

  test.each([
    ['another host', { rules: [of('api.chat-app.com'), of('shop.example.com')] }, 'the host shop.example.com'],
    ['every host', { rules: [of()] }, 'the host *'],
    ['a name below a listed one', { rules: [of('x.api.chat-app.com')] }, 'the host x.api.chat-app.com'],
    ['the default backend', { defaultBackend: backend }, 'the host *'],
    [
      'another certificate',
      { rules: [of('api.chat-app.com')], tls: [{ hosts: ['shop.example.com'] }] },
      'shop.example.com',
    ],
  ])('is refused in an Ingress with %s', async (_, spec, named) => {
    const { code, message } = await wouldCreate(ingress(spec))
    expect([code, message]).toEqual([422, expect.stringContaining(named)])
    expect(message).toMatch(/only (for )?api\.chat-app\.com, ws\.chat-app\.com$/)
  })

  test('of a wildcard covers one label', async () => {
    const [list] = movedTo(
      namespace,
      all.filter(({ metadata: { name } }) => name === 'chat-app-hosts-chat-app'),
    )
    await server.apply({ ...must(list), data: { hosts: '*.dev.chat-app.com' } })
    await eventually(async () =>
      expect(await wouldCreate(chatApp('x', hosts('api-mr-1.dev.chat-app.com')))).toMatchObject({ code: 201 }),
    )
    for (const host of ['a.b.dev.chat-app.com', 'dev.chat-app.com', 'api.chat-app.com', 'xdev.chat-app.com'])
      expect(await wouldCreate(chatApp('x', hosts(host))), host).toMatchObject({ code: 422 })
    await server.apply(must(list))
    await eventually(async () =>
      expect(await wouldCreate(chatApp('x', hosts('api.chat-app.com')))).toMatchObject({ code: 201 }),
    )
  })
})

test.each([
  ['registry.example.com/chat-app/chat-service:1.2.3', 201],
  ['registry.example.com/chat-app/branches/chat-service:1.2.3', 422],
  ['registry.example.com/chat-app-evil/chat-service:1.2.3', 422],
  ['chat-service:1.2.3', 422],
])('a pod with the image %s gets %d', async (image, code) => {
  for (const field of ['containers', 'initContainers']) {
    const answer = await wouldCreate(pod('x', image, field))
    const named = code === 201 ? '' : image
    expect([answer.code, answer.message.includes(named)]).toEqual([code, true])
  }
})

describe('a podTemplate', () => {
  const components = podTemplatesOfCrd()
  test.each(components)('of %s may have tolerations and volumes of the cluster', async (component) => {
    const spec = { tolerations: [], volumes: [{ name: 'x', emptyDir: {} }], initContainers: null, hostNetwork: null }
    expect(await wouldCreate(chatApp('x', { [component]: { podTemplate: { spec } } }))).toMatchObject({ code: 201 })
  })

  test.each(components.flatMap((component) => (['create', 'update'] as const).map((how) => [component, how] as const)))(
    'of %s is refused what reaches beyond its pod, at %s',
    async (component, how) => {
      const refused: readonly (readonly [object, string])[] = [
        [{ volumes: [{ name: 'x', hostPath: { path: '/' } }] }, 'have a volume of the type hostPath'],
        [{ hostPID: true }, 'use the network, the processes or the IPC of the node'],
        [{ containers: [{ name: 'a', securityContext: { privileged: true } }] }, 'have a privileged container'],
        [{ initContainers: [{ name: 'a', securityContext: { privileged: true } }] }, 'have a privileged container'],
        [{ serviceAccountName: 'chat-app-operator' }, 'name a ServiceAccount'],
        [{ serviceAccount: 'chat-app-operator' }, 'name a ServiceAccount'],
      ]
      for (const [spec, what] of refused) {
        const change = { [component]: { podTemplate: { spec } } }
        const answer =
          how === 'create' ? await wouldCreate(chatApp('x', change)) : await patched(ADMINISTRATOR, { spec: change })
        expect([answer.code, answer.message]).toEqual([422, expect.stringContaining(`a podTemplate may not ${what}`)])
      }
    },
  )
})

test('the type check of the API server finds no error in the expressions', async () => {
  for (const { metadata } of policies) {
    const status = await eventually(async () => {
      const stored = await server.get<{ status?: { typeChecking?: object } }>(POLICIES, undefined, metadata.name)
      return must(stored.status?.typeChecking, 'the result of the type check')
    })
    expect(status, metadata.name).toEqual({})
  }
})

function isFailing(spec: unknown): boolean {
  return (spec as { failurePolicy?: string } | undefined)?.failurePolicy === 'Fail'
}

function isEnforced({ metadata, spec }: KubernetesObject): boolean {
  return enforced.has((spec as { policyName?: string }).policyName ?? metadata.name)
}

/** A binding for the namespace of this test, with the parameters there. */
function boundTo(binding: KubernetesObject): KubernetesObject {
  const spec = binding['spec'] as { matchResources: object; paramRef?: object }
  const values = [namespace]
  const namespaceSelector = { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }] }
  const paramRef = spec.paramRef && { ...spec.paramRef, namespace }
  return { ...binding, spec: { ...spec, matchResources: { namespaceSelector }, ...(paramRef && { paramRef }) } }
}

function chatApp(name: string, more: object = {}): KubernetesObject {
  const metadata = { name, namespace, annotations: { kept: 'x' } }
  return { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata, spec: { version: '1.2.3', ...more } }
}

function hosts(api: string) {
  const exposure = { type: 'Ingress', hosts: { api, websocket: api }, ingress: { className: 'x' } }
  return { exposure }
}

function hostPath(component: string) {
  return { [component]: { podTemplate: { spec: { volumes: [{ name: 'x', hostPath: { path: '/' } }] } } } }
}

function pod(name: string, image: string, field = 'containers'): KubernetesObject {
  const containers = [{ name: 'a', image: 'registry.example.com/chat-app/chat-service:1.2.3' }]
  const spec = { containers, [field]: [{ name: 'b', image }] }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec }
}

function annotated(name: string, value: string | null) {
  return { metadata: { annotations: { [`chat-app.com/${name}`]: value } } }
}

function owner() {
  return { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '0' }
}

function applyOf(change: object) {
  return { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata: { name: 'chat-app' }, ...change }
}

interface Stored {
  readonly metadata: Readonly<Record<string, unknown>>
  readonly spec: Readonly<Record<string, unknown>>
}

function current(): Promise<Stored> {
  return server.get<Stored>(CHAT_APPS, namespace, 'chat-app')
}

type User = Pick<Parameters<typeof server.attempt>[0], 'user' | 'groups'>

function attempt(who: User, method: 'PUT' | 'PATCH', body: object, type?: string) {
  const path = pathOf(CHAT_APPS, namespace, 'chat-app')
  const applying = { type: APPLY, query: { fieldManager: 'test', force: 'true' } }
  return server.attempt({ ...who, method, path, body, ...(type === APPLY ? applying : type && { type }) })
}

function patched(who: User, body: object, type = MERGE) {
  return attempt(who, 'PATCH', body, type)
}

function subresource(name: string) {
  return { ...ON_CALL, method: 'PATCH', path: pathOf(CHAT_APPS, namespace, 'chat-app', name), type: MERGE } as const
}

function wouldCreate(object: KubernetesObject, who: User = ADMINISTRATOR) {
  return server.wouldTake(object, who)
}

/** The components of the spec that have a podTemplate, by the schema. */
function podTemplatesOfCrd(): string[] {
  const [{ schema }] = (crd() as unknown as Crd).spec.versions
  const components = Object.entries(schema.openAPIV3Schema.properties.spec.properties)
  const found = components.filter(([, { properties }]) => properties?.['podTemplate']).map(([name]) => name)
  const everywhere = JSON.stringify(schema).match(/"podTemplate":/g) ?? []
  expect(found).toHaveLength(everywhere.length)
  return found.filter((name) => name !== 'worker')
}

interface Property {
  readonly properties?: Readonly<Record<string, object>>
}

interface Crd {
  readonly spec: {
    readonly versions: readonly [
      {
        readonly schema: {
          readonly openAPIV3Schema: {
            readonly properties: { readonly spec: { readonly properties: Record<string, Property> } }
          }
        }
      },
    ]
  }
}
