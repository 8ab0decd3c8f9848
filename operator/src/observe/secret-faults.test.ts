import { model } from '@chat-app/chat'
import { describe, expect, test } from 'vitest'
import { digestSecret } from '../cache/secret-digest.ts'
import type { KubeObject } from '../runtime/types.ts'
import { secretFaults } from './secret-faults.ts'

const chat = model({
  apiVersion: 'chat-app.com/v1alpha1',
  kind: 'ChatApp',
  metadata: { name: 'chat', namespace: 'ns' },
  spec: { version: '1.0.0' },
})

function secret(name: string, data: Record<string, string>): KubeObject {
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  )
  const metadata = { name, namespace: 'ns', uid: `u-${name}`, resourceVersion: '1', annotations: { x: 'password' } }
  return digestSecret({ apiVersion: 'v1', kind: 'Secret', metadata, data: encoded, type: 'Opaque' })
}

const good: Record<string, Record<string, string>> = {
  'db-credentials': { url: 'mysql://chat:hunter2@db:3306/chat' },
  'redis-credentials': { url: 'redis-cluster://:hunter2@redis:6379' },
  'jwt-secret': { secret: 'x'.repeat(32) },
}

function faultsOf(changes: Record<string, Record<string, string> | undefined>) {
  const all: Record<string, Record<string, string> | undefined> = { ...good, ...changes }
  return secretFaults(chat, (name) => {
    const data = all[name]
    return data === undefined ? undefined : secret(name, data)
  })
}

describe('the Secrets of a ChatApp', () => {
  test('have no fault when they are complete', () => {
    expect(faultsOf({})).toEqual([])
  })

  test.each([
    [
      'a missing Secret',
      { 'db-credentials': undefined },
      'MissingSecret',
      'Secret "db-credentials" does not exist (spec.database.url.secretKeyRef); it needs the key "url"',
    ],
    [
      'a missing key',
      { 'db-credentials': { password: 'hunter2' } },
      'MissingSecret',
      'Secret "db-credentials" has no key "url" (spec.database.url.secretKeyRef)',
    ],
    [
      'a short JWT secret',
      { 'jwt-secret': { secret: 'hunter2' } },
      'InvalidSecret',
      'Secret "jwt-secret": "secret" has 7 characters, at least 32 are needed (spec.auth.jwt.current.secretKeyRef)',
    ],
    [
      'a JWT secret that is long only with its white space',
      { 'jwt-secret': { secret: `hunter2${'\n'.repeat(40)}` } },
      'InvalidSecret',
      'Secret "jwt-secret": "secret" has 7 characters, at least 32 are needed (spec.auth.jwt.current.secretKeyRef)',
    ],
    [
      'the URL of another database',
      { 'db-credentials': { url: 'postgres://chat:hunter2@db/chat' } },
      'InvalidSecret',
      'Secret "db-credentials": "url" is not a URL that begins with mysql://, mariadb:// (spec.database.url.secretKeyRef)',
    ],
    [
      'a password instead of a URL',
      { 'db-credentials': { url: 'hunter2' } },
      'InvalidSecret',
      'Secret "db-credentials": "url" is not a URL that begins with mysql://, mariadb:// (spec.database.url.secretKeyRef)',
    ],
  ])('have a fault: %s', (_name, changes, reason, message) => {
    expect(faultsOf(changes)).toEqual([{ reason, message }])
  })

  test('report all faults at once', () => {
    expect(faultsOf({ 'db-credentials': undefined, 'jwt-secret': { secret: '' } })).toHaveLength(2)
  })
})
