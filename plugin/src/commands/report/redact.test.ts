import { rendered } from '@chat-app/chat/testing'
import { expect, test } from 'vitest'
import { formsOf, redactor } from './redact.ts'
import { secretNames } from './secrets.ts'

const canary = 'mysql://chat:Zq9%2Fcanary+pw@db-1:3306,db-2:3306/chat?sslKey=otherCanary1'
const redact = redactor(formsOf(canary))

test.each([
  canary,
  'Zq9%2Fcanary+pw',
  'Zq9/canary+pw',
  'otherCanary1',
  Buffer.from(canary).toString('base64'),
  Buffer.from('Zq9/canary+pw').toString('base64'),
  JSON.stringify({ error: `cannot connect to ${canary}` }),
  JSON.stringify(JSON.stringify({ error: `cannot connect to ${canary}` })),
  `Zq9/canary+pwotherCanary1`,
])('a value of a Secret is in no form in a text: %s', (form) => {
  const text = redact.text(`before ${form} after`)
  expect(text).toMatch(/^before .*\[redacted\].* after$/)
  expect(text).not.toMatch(/canary/i)
})

test.each([
  ['connect redis://:hunter2@redis:6379 failed', 'connect redis://[redacted]@redis:6379 failed'],
  ['Authorization: Bearer abc.def-123456', 'Authorization: [redacted] [redacted]'],
  ['{"password":"hunter2","rows":3}', '{"password":"[redacted]","rows":3}'],
  ['{\\"dbPassword\\":\\"hunter2\\"}', '{\\"dbPassword\\":\\"[redacted]\\"}'],
  ['{"password":"hunter two, \\"three\\"","rows":3}', '{"password":"[redacted]","rows":3}'],
  ['API_TOKEN=hunter2 next', 'API_TOKEN=[redacted] next'],
  ['token eyJhbGciOi.eyJzdWIiOiIx.c2lnbmF0dXJl', 'token [redacted]'],
  ['a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb', 'a\n[redacted]\nb'],
  ['-----BEGIN PRIVATE KEY-----\nMIIE cut', '[redacted]'],
])('what looks like a credential is left out of %j', (text, redacted) => {
  expect(redactor([]).text(text)).toBe(redacted)
})

test.each(['https://registry.example.com/chat-app/api:1.0.0', 'Secret "db-credentials" has no key "url"', 'a@b.c'])(
  'other words stay: %s',
  (text) => expect(redact.text(text)).toBe(text),
)

test('a value with quotes and signs is in no text of Go or of JSON in JSON', () => {
  const value = 'ca"na\\ry&<1>'
  const { text } = redactor(formsOf(value))
  const go = '"ca\\"na\\\\ry\\u0026\\u003c1\\u003e"'
  for (const form of [JSON.stringify(value), JSON.stringify(JSON.stringify(value)), go])
    expect(text(`a ${form} b`)).not.toMatch(/na.*ry/)
})

test('values that overlap are left out as one', () => {
  expect(redactor(['abcdefgh', 'efghijkl', 'cdefgh']).text('_abcdefghijkl_abcdefgh')).toBe('_[redacted]_[redacted]')
})

test.each(['a.', 'eyJ-', 'pass', 'token="', 'https://', '-----BEGIN PRIVATE KEY-----', 'Basic ', 'secret\\'])(
  'a long text of %j takes no long time',
  (part) => {
    const begin = performance.now()
    redact.text(part.repeat(300_000 / part.length))
    expect(performance.now() - begin).toBeLessThan(10_000)
  },
)

test('many lines of a Secret take no long time, and certificates are public', () => {
  const lines = Array.from({ length: 20_000 }, (_, number) => `canary line ${number}`).join('\n')
  const certificate = '-----BEGIN CERTIFICATE-----\nMIIEpublic\n-----END CERTIFICATE-----\n'
  const begin = performance.now()
  const { text } = redactor(formsOf(`${certificate}${lines}`))
  expect(text('a log of words '.repeat(20_000))).not.toContain('[redacted]')
  expect(performance.now() - begin).toBeLessThan(10_000)
  expect(text('a canary line 17777 b MIIEpublic')).toBe('a [redacted] b MIIEpublic')
})

test('fields with the name of a credential have no value; names of Secrets stay', () => {
  const object = { annotations: { 'example.com/api-token': 'hunter2' }, secretName: 'db', token: { path: 'token' } }
  expect(redactor([]).object(object)).toEqual({
    annotations: { 'example.com/api-token': '[redacted]' },
    secretName: 'db',
    token: { path: 'token' },
  })
})

test('the variables that the operator renders keep their values', () => {
  const { objects } = rendered()
  const shown = JSON.stringify(redactor([]).object(objects))
  expect(shown).toContain('"LOG_LEVEL"')
  expect(shown).not.toContain('[redacted]')
})

test('variables that the operator does not render have no value, and copies of whole objects are left out', () => {
  const container = {
    name: 'api',
    env: [
      { name: 'LOG_LEVEL', value: 'info' },
      { name: 'DATABASE_URL_FILE', value: '/etc/chat-app/secrets/database/url' },
      { name: 'HARMLESS', value: 'canary' },
      { name: 'NODE_ID', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
  }
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"canary":1}', other: 'kept' }
  const object = { metadata: { annotations, managedFields: [{}] }, data: { templates: [{ containers: [container] }] } }
  expect(redactor([]).object(object)).toEqual({
    metadata: { annotations: { other: 'kept' } },
    data: {
      templates: [
        {
          containers: [
            {
              ...container,
              env: [...container.env.slice(0, 2), { name: 'HARMLESS', value: '[redacted]' }, container.env[3]],
            },
          ],
        },
      ],
    },
  })
})

test('all Secrets that a spec names are found, also in pod templates', () => {
  const spec = {
    database: {
      url: { secretKeyRef: { name: 'db', key: 'url' } },
      tls: { caSecretRef: { name: 'ca', key: 'ca.crt' } },
    },
    exposure: { tls: { secretNames: { api: 'a-tls', websocket: 'w-tls' } } },
    api: {
      podTemplate: {
        spec: {
          containers: [
            { envFrom: [{ secretRef: { name: 'from' } }], env: [{ valueFrom: { secretKeyRef: { name: 'own' } } }] },
          ],
          volumes: [
            { secret: { secretName: 'mounted' } },
            { projected: { sources: [{ secret: { name: 'projected' } }] } },
          ],
        },
      },
    },
  }
  const names = ['a-tls', 'ca', 'db', 'from', 'mounted', 'own', 'projected', 'w-tls']
  expect([...secretNames(spec)].toSorted()).toEqual(names)
})
