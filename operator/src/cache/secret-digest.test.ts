import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../runtime/types.ts'
import { digestSecret, valueDigest } from './secret-digest.ts'

function secret(name: string, data: Record<string, string>): KubeObject {
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  )
  const metadata = { name, namespace: 'ns', uid: `u-${name}`, resourceVersion: '1', annotations: { x: 'password' } }
  return digestSecret({ apiVersion: 'v1', kind: 'Secret', metadata, data: encoded, type: 'Opaque' })
}

describe('the digest of a Secret', () => {
  test('contains no part of its values except the scheme', () => {
    const text = JSON.stringify(secret('db-credentials', { url: 'mysql://chat:hunter2@db:3306/chat' }))
    for (const part of ['hunter2', 'chat:', '3306', Buffer.from('mysql').toString('base64').slice(0, 6), 'password']) {
      expect(text).not.toContain(part)
    }
    expect(text).toContain('"scheme":"mysql"')
  })

  test('has a hash of each value, which changes only with the value', () => {
    const digest = valueDigest(secret('a', { x: '1', y: '2' }), 'x')
    expect(valueDigest(secret('b', { y: '3', x: '1' }), 'x')).toEqual(digest)
    expect(valueDigest(secret('a', { x: '2', y: '2' }), 'x')?.sha256).not.toBe(digest?.sha256)
    expect(valueDigest(secret('a', { y: '2' }), 'x')).toBeUndefined()
  })
})
