import { expect, test } from 'vitest'
import type { ChatAppObject } from '../cache/chat-app.ts'
import { digestSecret } from '../cache/secret-digest.ts'
import { World } from '../cache/world.ts'
import { chatModel } from '../testing/observed.ts'
import { factsOf, valueHashes } from './facts.ts'

const chatApp = { metadata: { name: 'chat', namespace: 'ns', uid: 'u' } } as ChatAppObject
const model = chatModel({ database: { tls: { caSecretRef: { name: 'db-credentials', key: 'ca' } } } })

function worldWith(data: Record<string, string>, signingKey?: string): World {
  const world = new World()
  if (signingKey !== undefined) world.store('Secret').upsert(secretOf('jwt-secret', { secret: signingKey }))
  world.store('Secret').upsert(secretOf('db-credentials', data))
  return world
}

function secretOf(name: string, data: Record<string, string>) {
  const metadata = { name, namespace: 'ns', uid: 's', resourceVersion: '1' }
  return digestSecret({ apiVersion: 'v1', kind: 'Secret', metadata, data })
}

function hashes(data: Record<string, string>) {
  return factsOf(chatApp, model, worldWith(data), new Set()).secretHashes
}

test('only the value that rolls the pods is hashed, not other values of its Secret', () => {
  const before = hashes({ ca: 'b25l', url: 'b25l' })
  expect(Object.keys(before)).toEqual(['db-credentials/ca'])
  expect(hashes({ ca: 'b25l', url: 'dHdv' })).toEqual(before)
  expect(hashes({ ca: 'dHdv', url: 'b25l' })).not.toEqual(before)
  expect(hashes({ url: 'b25l' })).toEqual({})
})

test('what everybody may read of it is keyed by the signing key, and absent without one', () => {
  const seen = (ca: string, key?: string) => valueHashes(model, worldWith({ ca }, key))
  const before = seen('b25l', 'a2V5')
  expect(before).toEqual({ 'db-credentials/ca': expect.stringMatching(/^[0-9a-f]{16}$/) as string })
  expect(Object.values(before)).not.toEqual(Object.values(hashes({ ca: 'b25l' })))
  expect(seen('b25l', 'a2V5')).toEqual(before)
  expect(seen('dHdv', 'a2V5')).not.toEqual(before)
  expect(seen('b25l', 'b3RoZXI=')).not.toEqual(before)
  expect(seen('b25l')).toEqual({})
})
