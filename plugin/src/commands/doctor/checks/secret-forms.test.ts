import type { SecretUse } from '@chat-app/chat'
import { expect, test } from 'vitest'
import { formFault } from './secret-forms.ts'

function fault(purpose: SecretUse['purpose'], value: string): string | undefined {
  const minLength = purpose.startsWith('jwt') ? 32 : 1
  return formFault({ purpose, minLength, name: 's', key: 'k', field: 'f', variable: 'V', reloadable: true }, value)
}

test.each([
  ['database', 'mysql://chat:p%40ss@db:3306/chat'],
  ['redis', 'redis+sentinel://:pw@mymaster/a:26379,b:26379'],
  ['broadcast', 'rediss://redis:6379/1'],
  ['jwt', 'x'.repeat(32)],
] as const)('%s takes %s', (purpose, value) => {
  expect(fault(purpose, value)).toBeUndefined()
})

test.each([
  ['database', 'CANARY:CANARY'],
  ['database', 'mysql://CANARY:CANARY@db/CANARY/CANARY'],
  ['database', 'mysql://db/chat?CANARY'],
  ['redis', 'CANARY://CANARY'],
  ['redis', 'redis://:CANARY@redis/CANARY"CANARY'],
  ['redis', 'redis://CANARY@redis'],
  ['redis', 'redis://:pw@redis:6379/CANARY'],
  ['broadcast', 'redis-cluster://:CANARY@redis/1CANARY'],
  ['jwt', 'CANARY'],
  ['jwt-previous', 'CANARY'],
  ['database-ca', 'CANARY'],
  ['redis-ca', '-----BEGIN CERTIFICATE-----\nCANARY\n-----END CERTIFICATE-----'],
  ['jwt', ''],
] as const)('%s refuses %j, and quotes no part of it', (purpose, value) => {
  const found = fault(purpose, value)
  expect(found).toMatch(/./)
  expect(found?.toLowerCase()).not.toContain('canary')
})
