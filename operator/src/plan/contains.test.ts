import { describe, expect, test } from 'vitest'
import { missingIn } from './contains.ts'

interface Case {
  readonly name: string
  readonly live: unknown
  readonly desired: unknown
  readonly missing?: string
}

const pod = (container: object) => ({ spec: { containers: [{ name: 'main', ...container }] } })

const cases: Case[] = [
  { name: 'the same', live: { a: 1 }, desired: { a: 1 } },
  { name: 'defaults and status of the server', live: { a: 1, b: 2, status: {} }, desired: { a: 1 } },
  { name: 'a changed value', live: { a: { b: 2 } }, desired: { a: { b: 1 } }, missing: 'a.b' },
  { name: 'a removed field', live: { a: {} }, desired: { a: { b: 1 } }, missing: 'a.b' },
  { name: 'a removed parent', live: {}, desired: { a: { b: 1 } }, missing: 'a' },
  { name: 'another type', live: { a: '1' }, desired: { a: 1 }, missing: 'a' },
  { name: 'false instead of an absent field', live: {}, desired: { automount: false }, missing: 'automount' },

  {
    name: 'a quantity in another form',
    live: pod({ resources: { limits: { cpu: '1' } } }),
    desired: pod({ resources: { limits: { cpu: '1000m' } } }),
  },
  {
    name: 'another quantity',
    live: pod({ resources: { limits: { memory: '2Gi' } } }),
    desired: pod({ resources: { limits: { memory: '1Gi' } } }),
    missing: 'spec.containers["main"].resources.limits.memory',
  },
  {
    name: 'a size limit in another form',
    live: { emptyDir: { sizeLimit: '64Mi' } },
    desired: { emptyDir: { sizeLimit: '65536Ki' } },
  },
  { name: 'numbers that are not quantities', live: { image: '1.0' }, desired: { image: '1' }, missing: 'image' },

  { name: 'an empty value that the server leaves out', live: {}, desired: { a: '', b: [], c: {}, d: null } },
  { name: 'an empty object that the server keeps', live: { emptyDir: {} }, desired: { emptyDir: {} } },
  { name: 'an object that has got a field', live: { emptyDir: { medium: '' } }, desired: { emptyDir: {} } },
  { name: 'a list that should be empty', live: { tls: [{ secretName: 'x' }] }, desired: { tls: [] }, missing: 'tls' },
  { name: 'a text that should be empty', live: { value: 'x' }, desired: { value: '' }, missing: 'value' },

  {
    name: 'a container that was added',
    live: { containers: [{ name: 'proxy' }, { name: 'main', image: 'a' }] },
    desired: { containers: [{ name: 'main', image: 'a' }] },
  },
  {
    name: 'an environment variable that was changed',
    live: pod({
      env: [
        { name: 'B', value: 'x' },
        { name: 'A', value: 'foreign' },
      ],
    }),
    desired: pod({ env: [{ name: 'A', value: '1' }] }),
    missing: 'spec.containers["main"].env["A"].value',
  },
  {
    name: 'a missing element of a list with keys',
    live: { volumes: [] },
    desired: { volumes: [{ name: 'tmp', emptyDir: {} }] },
    missing: 'volumes["tmp"]',
  },
  {
    name: 'ports of a container, whose protocol is a default',
    live: { ports: [{ containerPort: 8080, protocol: 'TCP', name: 'http' }] },
    desired: { ports: [{ containerPort: 8080, name: 'http' }] },
  },
  {
    name: 'ports of a Service',
    live: { ports: [{ port: 80, protocol: 'TCP', targetPort: 'other' }] },
    desired: { ports: [{ port: 80, targetPort: 'http' }] },
    missing: 'ports[80,"TCP"].targetPort',
  },
  {
    name: 'ports of a NetworkPolicy, which have only values',
    live: { ports: [{ port: 80, protocol: 'TCP' }] },
    desired: { ports: [{ port: 80, protocol: 'TCP' }] },
  },
  {
    name: 'an additional port in a rule of a NetworkPolicy',
    live: { ingress: [{ ports: [{ port: 80 }, { port: 22 }] }] },
    desired: { ingress: [{ ports: [{ port: 80 }] }] },
    missing: 'ingress[0].ports',
  },
  {
    name: 'an additional label in the selector of a Service',
    live: { spec: { selector: { app: 'a', none: 'x' } } },
    desired: { spec: { selector: { app: 'a' } } },
    missing: 'spec.selector',
  },
  {
    name: 'an additional label in the selector of a NetworkPolicy',
    live: { spec: { podSelector: { matchLabels: { app: 'a', none: 'x' } } } },
    desired: { spec: { podSelector: { matchLabels: { app: 'a' } } } },
    missing: 'spec.podSelector.matchLabels',
  },
  {
    name: 'a condition in a selector that selects everything',
    live: { spec: { podSelector: { matchLabels: { app: 'a' } } } },
    desired: { spec: { podSelector: {} } },
    missing: 'spec.podSelector',
  },
  {
    name: 'an additional node label',
    live: { spec: { nodeSelector: { zone: 'a', none: 'x' } } },
    desired: { spec: { nodeSelector: { zone: 'a' } } },
    missing: 'spec.nodeSelector',
  },
  {
    name: 'a second owner',
    live: { ownerReferences: [{ uid: 'b' }, { uid: 'a', name: 'x' }] },
    desired: { ownerReferences: [{ uid: 'a', name: 'x' }] },
  },

  {
    name: 'an argument that was added',
    live: { args: ['api', '--debug'] },
    desired: { args: ['api'] },
    missing: 'args',
  },
  {
    name: 'another order of arguments',
    live: { args: ['b', 'a', 'c'] },
    desired: { args: ['a', 'a', 'c'] },
    missing: 'args[0]',
  },
  {
    name: 'rules with defaults inside',
    live: { rules: [{ host: 'a', http: { paths: [{ path: '/', pathType: 'Prefix' }] } }] },
    desired: { rules: [{ host: 'a', http: { paths: [{ path: '/' }] } }] },
  },
  {
    name: 'an additional rule',
    live: { rules: [{ host: 'a' }, { host: 'evil' }] },
    desired: { rules: [{ host: 'a' }] },
    missing: 'rules',
  },
  { name: 'an object instead of a list', live: { args: {} }, desired: { args: ['a'] }, missing: 'args' },
  {
    name: 'keys that contain dots',
    live: { labels: { 'a.b/c': 'x' } },
    desired: { labels: { 'a.b/c': 'y' } },
    missing: 'labels.a.b/c',
  },
]

describe('a live object compared with what is desired', () => {
  test.each(cases.filter(({ missing }) => missing === undefined))('may have $name', ({ live, desired }) => {
    expect(missingIn(live, desired)).toEqual([])
  })

  test.each(cases.filter(({ missing }) => missing !== undefined))(
    'lacks $missing after: $name',
    ({ live, desired, missing }) => {
      expect(missingIn(live, desired)).toEqual([missing])
    },
  )
})

test('all differences are reported', () => {
  expect(missingIn({ a: 1, b: { c: 1 } }, { a: 2, b: { c: 2, d: 3 } })).toEqual(['a', 'b.c', 'b.d'])
})
