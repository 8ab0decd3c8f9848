import { expect, test } from 'vitest'
import type { ChatAppObject } from '../cache/chat-app.ts'
import { digestSecret } from '../cache/secret-digest.ts'
import { World } from '../cache/world.ts'
import { chatModel } from '../testing/observed.ts'
import { factsOf } from './facts.ts'

const chatApp = { metadata: { name: 'chat', namespace: 'ns', uid: 'u' } } as ChatAppObject
const model = chatModel({ database: { tls: { caSecretRef: { name: 'db-credentials', key: 'ca' } } } })

function hashes(data: Record<string, string>) {
  const world = new World()
  const metadata = { name: 'db-credentials', namespace: 'ns', uid: 's', resourceVersion: '1' }
  world.store('Secret').upsert(digestSecret({ apiVersion: 'v1', kind: 'Secret', metadata, data }))
  return factsOf(chatApp, model, world, new Set()).secretHashes
}

test('only the value that rolls the pods is hashed, not other values of its Secret', () => {
  const before = hashes({ ca: 'b25l', url: 'b25l' })
  expect(Object.keys(before)).toEqual(['db-credentials/ca'])
  expect(hashes({ ca: 'b25l', url: 'dHdv' })).toEqual(before)
  expect(hashes({ ca: 'dHdv', url: 'b25l' })).not.toEqual(before)
  expect(hashes({ url: 'b25l' })).toEqual({})
})
