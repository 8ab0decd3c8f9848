import { expect, test } from 'vitest'
import type { KubeObject } from '../runtime/types.ts'
import { concernedChatApps } from './concerned-chat-apps.ts'
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
  return concernedChatApps({ type: 'added', object }, world())
}

const controller = { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', name: 'a', uid: 'u-a', controller: true }

test.each<[string, string[], string[]]>([
  ['a ChatApp concerns itself', concerned('ChatApp', { name: 'a' }), ['ns/a']],
  ['a child concerns its owner', concerned('Service', { ownerReferences: [controller] }), ['ns/a']],
  [
    'a pod concerns the ChatApp that its label names',
    concerned('Pod', { labels: { 'app.kubernetes.io/instance': 'b' } }),
    ['ns/b'],
  ],
  ['a Secret concerns every ChatApp that uses it', concerned('Secret', { name: 'jwt-secret' }), ['ns/a', 'ns/b']],
  ['a Secret concerns only the ChatApps that use it', concerned('Secret', { name: 'own' }), ['ns/b']],
  ['a Secret in another namespace concerns no ChatApp', concerned('Secret', { name: 'own', namespace: 'other' }), []],
  ['a Secret that no ChatApp names concerns none', concerned('Secret', { name: 'unknown' }), []],
  ['an object without an owner and labels concerns no ChatApp', concerned('ConfigMap', {}), []],
])('%s', (_sentence, keys, expected) => {
  expect(keys).toEqual(expected)
})
