import { expect, test } from 'vitest'
import { concernedBy } from './concerned.ts'
import type { KubeObject } from '../runtime/types.ts'
import { World } from './world.ts'

function chatApp(name: string, spec: object = {}): KubeObject {
  const metadata = { name, namespace: 'ns', uid: `u-${name}`, resourceVersion: '1' }
  return { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata, spec: { version: '1.0.0', ...spec } }
}

function world(): World {
  const seen = new World()
  for (const object of [
    chatApp('a'),
    chatApp('b', { database: { url: { secretKeyRef: { name: 'own', key: 'url' } } } }),
    chatApp('broken', { version: 7 }),
  ]) {
    seen.store('ChatApp').upsert(object)
  }
  return seen
}

function concerned(kind: string, metadata: object): string[] {
  const object = { apiVersion: 'v1', kind, metadata: { name: 'x', namespace: 'ns', ...metadata } }
  return concernedBy({ type: 'added', object }, world())
}

const controller = { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', name: 'a', uid: 'u-a', controller: true }

test.each<[string, string[], string[]]>([
  ['a ChatApp concerns itself', concerned('ChatApp', { name: 'a' }), ['ns/a']],
  ['a child concerns its owner', concerned('Service', { ownerReferences: [controller] }), ['ns/a']],
  [
    'a pod concerns the ChatApp of its label',
    concerned('Pod', { labels: { 'app.kubernetes.io/instance': 'b' } }),
    ['ns/b'],
  ],
  ['a Secret concerns all who read it', concerned('Secret', { name: 'jwt-secret' }), ['ns/a', 'ns/b']],
  ['a Secret concerns only those who read it', concerned('Secret', { name: 'own' }), ['ns/b']],
  ['a Secret of another namespace concerns nobody', concerned('Secret', { name: 'own', namespace: 'other' }), []],
  ['a Secret that nobody names concerns nobody', concerned('Secret', { name: 'unknown' }), []],
  ['an object without owner and label concerns nobody', concerned('ConfigMap', {}), []],
])('%s', (_sentence, keys, expected) => {
  expect(keys).toEqual(expected)
})
