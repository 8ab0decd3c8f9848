import { crd, type ChatAppStatus } from '@chat-app/crds'
import { describe, expect, test } from 'vitest'
import type { FieldSchema } from '../runtime/served-schema.ts'
import { observed } from '../testing/observed.ts'
import { fitStatus, isIncomplete } from './fit-status.ts'
import { statusOf } from './status.ts'

const input = {
  generation: 4,
  former: undefined,
  observed: observed(),
  valueHashes: {},
  failure: undefined,
  faults: [],
  specFaults: [],
  isExposureHeld: false,
  held: [],
  revision: 2,
  now: new Date('2026-01-01T00:00:00Z'),
}
const full = statusOf(input)
const present = crd().spec.versions[0]!.schema.openAPIV3Schema as FieldSchema

/** The present schema without some fields, such as `status.api.summary`. */
function without(...paths: string[]): FieldSchema {
  const schema = structuredClone(present)
  for (const path of paths) {
    const names = path.split('.')
    let parent: FieldSchema = schema
    for (const name of names.slice(0, -1)) parent = (name === '[]' ? parent.items : parent.properties?.[name]) ?? {}
    const properties = parent.properties ?? {}
    expect(Object.keys(properties)).toContain(names.at(-1))
    Reflect.deleteProperty(properties, names.at(-1) ?? '')
  }
  return schema
}

describe('a status', () => {
  test('fits whole into the present schema, and into one that is not known', () => {
    expect(fitStatus(full, present, input)).toEqual(full)
    expect(fitStatus(full, undefined, input)).toEqual(full)
    expect(isIncomplete(full)).toBe(false)
  })

  test('loses only what the schema lacks, at any depth, and names it', () => {
    const older = without(
      'status.revision',
      'status.urls',
      'status.api.selector',
      'status.conditions.[].observedGeneration',
    )
    const { revision: _revision, urls: _urls, api, conditions = [], ...rest } = full
    const fitted = fitStatus(full, older, input)
    expect(fitted).toEqual({
      ...rest,
      api: { ready: api?.ready, desired: api?.desired, summary: api?.summary },
      conditions: [
        ...conditions.map(({ observedGeneration: _generation, ...condition }) => condition),
        {
          type: 'StatusComplete',
          status: 'False',
          reason: 'OlderCRD',
          message:
            "the CRD lacks status.conditions[].observedGeneration, status.revision, status.api.selector, status.urls: apply the CRD of the operator's release",
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    })
    expect(isIncomplete(fitted)).toBe(true)
  })

  test('is complete again, and says nothing, once the schema has the fields', () => {
    const former = fitStatus(full, without('status.revision'), input)
    expect(isIncomplete(former)).toBe(true)
    expect(fitStatus({ ...full, conditions: former.conditions }, present, { ...input, former })).toEqual(full)
  })

  test('keeps the time of its condition', () => {
    const former: ChatAppStatus = fitStatus(full, without('status.revision'), input)
    const later = { ...input, former, now: new Date('2026-01-02T00:00:00Z') }
    expect(fitStatus(full, without('status.revision'), later)).toEqual(former)
  })

  test('is not touched where the schema keeps unknown fields', () => {
    const open = { properties: { status: { 'x-kubernetes-preserve-unknown-fields': true } } }
    expect(fitStatus(full, open, input)).toEqual(full)
    expect(fitStatus(full, { properties: { status: { additionalProperties: true } } }, input)).toEqual(full)
  })
})
