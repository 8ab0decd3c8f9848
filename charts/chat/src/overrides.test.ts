import { describe, expect, test } from 'vitest'
import { model } from './model.ts'
import { merged } from './overrides.ts'
import { chatApp, podOf, rendered } from './testing.ts'

describe('merging an override', () => {
  const base = {
    containers: [
      { name: 'api', image: 'a', env: [{ name: 'A', value: '1' }], ports: [{ name: 'http', containerPort: 1 }] },
    ],
    tolerations: [{ key: 'ours' }],
    nodeSelector: { a: '1' },
    dnsPolicy: 'Default',
  }

  test('finds containers, variables and ports by name, and keeps the rest of each', () => {
    const { containers } = merged(base, {
      containers: [{ name: 'api', env: [{ name: 'A', value: '2' }, { name: 'B' }] }, { name: 'sidecar' }],
    })
    expect(containers).toEqual([
      { ...base.containers[0], env: [{ name: 'A', value: '2' }, { name: 'B' }] },
      { name: 'sidecar' },
    ])
  })

  test('replaces a variable and a volume whole, for each has one source only', () => {
    const valueFrom = { secretKeyRef: { name: 's', key: 'k' } }
    const pod = { env: [{ name: 'A', value: '1' }], volumes: [{ name: 'tmp', emptyDir: {} }] }
    const claim = { name: 'tmp', persistentVolumeClaim: { claimName: 'c' } }
    expect(merged(pod, { env: [{ name: 'A', valueFrom }], volumes: [claim] })).toEqual({
      env: [{ name: 'A', valueFrom }],
      volumes: [claim],
    })
  })

  test('finds volume mounts by path, appends tolerations, merges maps and replaces other lists', () => {
    const mounts = { volumeMounts: [{ mountPath: '/tmp', name: 'tmp' }], args: ['one'] }
    expect(merged(mounts, { volumeMounts: [{ mountPath: '/tmp', name: 'disk' }], args: ['two'] })).toEqual({
      volumeMounts: [{ mountPath: '/tmp', name: 'disk' }],
      args: ['two'],
    })
    expect(merged(base, { tolerations: [{ key: 'theirs' }], nodeSelector: { b: '2' } })).toMatchObject({
      tolerations: [{ key: 'ours' }, { key: 'theirs' }],
      nodeSelector: { a: '1', b: '2' },
    })
  })

  test('null removes a field, and neither side is changed', () => {
    const before = structuredClone(base)
    expect(merged(base, { dnsPolicy: null, nodeSelector: { a: null } })).toEqual({
      containers: base.containers,
      tolerations: base.tolerations,
      nodeSelector: {},
    })
    expect(base).toEqual(before)
  })

  test('keeps a key that is special to JavaScript as data', () => {
    const hostile = JSON.parse(
      '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}',
    ) as object
    const result = merged(base, hostile)
    expect(Object.hasOwn(result, '__proto__')).toBe(true)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect((result as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('the podTemplate of a ChatApp', () => {
  test('reaches the pods whole, with fields that no type of ours knows', () => {
    const spec = {
      futureField: { deep: [1, { two: 3 }] },
      priorityClassName: 'high',
      containers: [
        { name: 'websocket', futureProbe: { every: '1s' }, lifecycle: { postStart: { exec: { command: ['x'] } } } },
      ],
    }
    const metadata = { labels: { team: 'chat' }, annotations: { 'example.com/a': 'b' } }
    const { get } = rendered({ websocket: { podTemplate: { metadata, spec } } })
    const { template } = get('Deployment', 'chat-websocket').spec
    expect(template.metadata.labels).toMatchObject({ team: 'chat', 'app.kubernetes.io/instance': 'chat' })
    expect(template.metadata.annotations).toMatchObject({ 'example.com/a': 'b' })
    expect(template.spec).toMatchObject({ futureField: { deep: [1, { two: 3 }] }, priorityClassName: 'high' })
    expect(template.spec.containers).toHaveLength(1)
    expect(template.spec.containers[0]).toMatchObject({
      futureProbe: { every: '1s' },
      lifecycle: { postStart: { exec: { command: ['x'] } }, preStop: { sleep: { seconds: 5 } } },
      image: 'registry.example.com/chat-app/websocket-service:1.4.2',
    })
    expect(podOf(get('Deployment', 'chat-api')).priorityClassName).toBeUndefined()
  })

  test('of the migration reaches its Job', () => {
    const { get } = rendered({ migrations: { podTemplate: { spec: { nodeSelector: { disk: 'ssd' } } } } })
    expect(podOf(get('Job', 'chat-migrate-')).nodeSelector).toEqual({ disk: 'ssd' })
  })

  test('is refused where it could not be merged, naming the place', () => {
    const spec = { containers: [{ image: 'x' }], volumes: [{ name: 'ok' }], $patch: 'delete' }
    expect(() => model(chatApp({ api: { podTemplate: { spec } } }))).toThrow(
      /spec\.api\.podTemplate\.spec\.containers\[0\]: needs name.*\n.*spec\.\$patch: patch directives are not known/s,
    )
  })
})
