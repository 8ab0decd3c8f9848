import { expect, test } from 'vitest'
import { parseDatabaseUrl } from './database-url.ts'

test('the parts of a database URL are percent-decoded', () => {
  expect(parseDatabaseUrl('mysql://chat:p%40s%2Fs@[::1]:3307/chat_app?tls=true')).toEqual({
    host: '::1',
    port: 3307,
    user: 'chat',
    password: 'p@s/s',
    database: 'chat_app',
    tls: true,
  })
  expect(parseDatabaseUrl('mariadb://chat@db/chat')).toMatchObject({ port: 3306, password: '', tls: false })
})

test.for([
  ['postgres://u:hidden@h/d', 'its scheme is postgres://'],
  ['mysql://u:hidden@h', 'its database is missing'],
  ['mysql://u:hidden@h/a b', 'its database is missing, or has other characters than'],
  ['mysql://u:pa@ss/hidden@h/d', 'its database is missing, or has other characters than'],
  ['mysql://u:hidden%@h/d', 'has a "%" that encodes nothing'],
  ['mysql://h/d', 'it has no user'],
  ['mysql://u:hid/den@h:x/d', 'percent-encoded'],
  ['nonsense', 'must have the form'],
] as const)('%s is refused with the reason and without the password', ([url, reason]) => {
  expect(() => parseDatabaseUrl(url)).toThrow(reason)
  expect(() => parseDatabaseUrl(url)).not.toThrow('hidden')
})
