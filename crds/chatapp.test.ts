import { describe, expect, test } from 'vitest'
import { refusedCases, sixLines } from './chatapp.cases.ts'
import { ChatAppSpec, NAME_MAX_LENGTH, objectRules } from './chatapp.ts'
import { crd } from './crd.ts'
import { objectSchema } from './crd.ts'
import { VALIDATIONS } from './rules.ts'
import type { JsonSchema } from './structural.ts'

describe('the schema of the resource', () => {
  const fields = [...walk('', objectSchema())]
  const spec = fields.filter(([path]) => path.startsWith('.spec'))

  test('describes every field', () => {
    // The API server describes metadata itself.
    const bare = fields.filter(
      ([path, { description }]) => !path.endsWith('[]') && path !== '.metadata' && (description ?? '').length < 10,
    )
    expect(bare.map(([path]) => path)).toEqual([])
  })

  test('bounds every string, number, list and map of the spec', () => {
    const unbounded = spec.filter(
      ([, { type, enum: values, maxLength, maximum, maxItems, maxProperties, ...field }]) =>
        (type === 'string' && values === undefined && maxLength === undefined) ||
        (type === 'integer' && maximum === undefined) ||
        (type === 'array' && maxItems === undefined) ||
        (field.additionalProperties !== undefined && maxProperties === undefined),
    )
    expect(unbounded.map(([path]) => path)).toEqual([])
  })

  test('is structural: no references, no alternatives, no additionalProperties: false', () => {
    const odd = fields.filter(([, field]) =>
      ['$ref', 'anyOf', 'oneOf', 'allOf', '$schema'].some((keyword) => keyword in field),
    )
    expect(odd.map(([path]) => path)).toEqual([])
    expect(JSON.stringify(objectSchema())).not.toContain('"additionalProperties":false')
  })

  test('sets the same defaults in the API server as in TypeScript', () => {
    for (const given of [{ version: '1.4.2' }, sixLines, { version: '1', redis: { broadcast: secret('other') } }]) {
      const stored = defaulted(objectSchema().properties?.['spec'] ?? {}, structuredClone(given))
      expect(stored).toEqual(ChatAppSpec.parse(given))
    }
  })

  test('has the documented defaults', () => {
    expect(ChatAppSpec.parse({ version: '1.4.2' })).toMatchObject({
      images: { registry: 'registry.example.com/chat-app' },
      exposure: { type: 'None' },
      api: {
        replicas: 3,
        resources: { requests: { cpu: '200m', memory: '512Mi' }, limits: { cpu: '500m', memory: '1Gi' } },
      },
      websocket: { replicas: 5, drain: { periodSeconds: 60 }, rebalance: 0 },
      database: { url: { secretKeyRef: { name: 'db-credentials', key: 'url' } } },
      redis: { url: { secretKeyRef: { name: 'redis-credentials', key: 'url' } } },
      auth: { jwt: { current: { secretKeyRef: { name: 'jwt-secret', key: 'secret' } } } },
      migrations: { timeoutSeconds: 600 },
      rollout: { progressDeadlineSeconds: 600 },
      monitoring: { mode: 'Auto' },
      networkPolicy: { mode: 'Auto' },
      paused: false,
      hibernated: false,
    })
  })

  test.each(refusedCases)('refuses $what', ({ spec, field, says }) => {
    const { error } = ChatAppSpec.safeParse(spec)
    const found = error?.issues.map(({ path, message }) => `${pathOf(path)}: ${message}`) ?? []
    expect(found.join('\n')).toContain(`${field}: `)
    expect(found.join('\n')).toContain(says)
  })

  test('has a counter-example for each of its rules', () => {
    const rules = spec.flatMap(([, field]) => (field[VALIDATIONS] ?? []) as { message: string }[])
    const untried = rules.filter(
      ({ message }) => !refusedCases.some(({ says }) => says !== '' && message.includes(says)),
    )
    expect(untried).toEqual([])
  })

  test('refuses names that are too long or wrong for its children', () => {
    const refused = (name: string) => objectRules.some((rule) => !rule.holds({ metadata: { name } }))
    expect(refused('a'.repeat(NAME_MAX_LENGTH))).toBe(false)
    expect(refused('a'.repeat(NAME_MAX_LENGTH + 1))).toBe(true)
    expect(refused('chat.app')).toBe(true)
    expect(refused('1chat')).toBe(true)
  })

  test('accepts a quantity as a number or as text', () => {
    const limits = ChatAppSpec.parse({ version: '1', api: { resources: { limits: { cpu: 2 } } } }).api.resources.limits
    expect(limits).toEqual({ cpu: 2, memory: '1Gi' })
  })
})

test('the definition has the documented names, columns and scale subresource', () => {
  const { names, versions } = crd().spec
  expect(names).toMatchObject({ kind: 'ChatApp', plural: 'chatapps', shortNames: ['chat'], categories: ['chatapps'] })
  expect(versions[0]?.additionalPrinterColumns.map(({ name }) => name.toUpperCase())).toEqual([
    'READY',
    'REASON',
    'API',
    'WS',
    'VERSION',
    'URL',
    'AGE',
  ])
  expect(versions[0]?.subresources.scale.specReplicasPath).toBe('.spec.websocket.replicas')
})

/** Every field below a schema with its path; the entries of a list as `path[]`. */
function* walk(path: string, schema: JsonSchema): Generator<[string, JsonSchema]> {
  yield [path, schema]
  for (const [name, field] of Object.entries(schema.properties ?? {})) yield* walk(`${path}.${name}`, field)
  if (schema.items !== undefined) yield* walk(`${path}[]`, schema.items)
}

/** Defaulting as the API server does it: an absent field gets its default, and then the fields below it get theirs. */
function defaulted(schema: JsonSchema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || schema.properties === undefined) return value
  const object = value as Record<string, unknown>
  for (const [name, field] of Object.entries(schema.properties)) {
    if (object[name] === undefined && field.default !== undefined) object[name] = structuredClone(field.default)
    if (object[name] !== undefined) object[name] = defaulted(field, object[name])
  }
  return object
}

function secret(name: string) {
  return { url: { secretKeyRef: { name } } }
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${String(part)}`),
    'spec',
  )
}
