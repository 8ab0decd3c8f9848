import type { ChatAppStatus } from '@chat-app/crds'
import { describe, expect, test } from 'vitest'
import { deployment, job, observed } from '../testing/observed.ts'
import { OPERATOR_VERSION } from '../version.ts'
import { readyOf, sameStatus, statusOf, type StatusInput } from './status.ts'

const EARLIER = new Date('2026-01-01T00:00:00.123Z')
const LATER = new Date('2026-01-01T01:00:00Z')

function statusFor(changes: Partial<StatusInput> = {}): ChatAppStatus {
  return statusOf({
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
    now: EARLIER,
    ...changes,
  })
}

describe('a status', () => {
  test('says which operator wrote it, and the hashes of what it took from Secrets', () => {
    expect(statusFor().operator).toEqual({ version: OPERATOR_VERSION })
    const valueHashes = { 'ca/ca.crt': '0123456789abcdef' }
    const former = statusFor({ valueHashes })
    expect(former.operator).toEqual({ version: OPERATOR_VERSION, secrets: valueHashes })
    // An invalid spec does not tell which Secrets are read.
    expect(statusFor({ former, observed: undefined, valueHashes: undefined }).operator).toEqual(former.operator)
    expect(statusFor({ former }).operator).toEqual({ version: OPERATOR_VERSION })
  })

  test('has the versions, the replicas and the URLs', () => {
    expect(statusFor()).toMatchObject({
      observedGeneration: 4,
      version: '1.0.0',
      targetVersion: '1.0.0',
      schemaVersion: 3,
      revision: 2,
      api: { ready: 1, desired: 1, summary: '1/1' },
      websocket: {
        ready: 2,
        desired: 2,
        summary: '2/2',
        selector:
          'app.kubernetes.io/name=chat-app,app.kubernetes.io/instance=chat,app.kubernetes.io/component=websocket',
      },
      urls: { api: 'http://chat-api.ns.svc', websocket: 'ws://chat-websocket.ns.svc' },
    })
  })

  test('is the same for the same observation at a later time, so that it is not written twice', () => {
    const former = statusFor()
    expect(sameStatus(former, statusFor({ former, now: LATER }))).toBe(true)
    expect(sameStatus(undefined, former)).toBe(false)
  })

  test('keeps the time of a transition while only the reason or the message changes', () => {
    const former = statusFor({ observed: observed({ job: undefined }) })
    expect(readyOf(former)).toMatchObject({ status: 'False', reason: 'NotStarted' })
    const next = statusFor({ former, observed: observed({ job: job() }), now: LATER })
    expect(readyOf(next)).toMatchObject({ reason: 'Migrating', lastTransitionTime: '2026-01-01T00:00:00Z' })
    const ready = statusFor({ former: next, now: LATER })
    expect(readyOf(ready)).toMatchObject({ status: 'True', lastTransitionTime: '2026-01-01T01:00:00Z' })
  })

  test('has the generation in every condition', () => {
    expect(new Set(statusFor().conditions?.map(({ observedGeneration }) => observedGeneration))).toEqual(new Set([4]))
  })

  test('has the new version only when it is ready', () => {
    const former = statusFor()
    const rolling = observed(
      { deployments: { api: deployment('api', 1, { updatedReplicas: 0 }) } },
      { version: '2.0.0' },
    )
    expect(statusFor({ former, observed: rolling })).toMatchObject({ version: '1.0.0', targetVersion: '2.0.0' })
    expect(statusFor({ former, observed: observed({}, { version: '2.0.0' }) })).toMatchObject({ version: '2.0.0' })
  })

  test('keeps the schema version when the migration pod was deleted', () => {
    expect(statusFor({ former: statusFor(), observed: observed({ pods: [] }) }).schemaVersion).toBe(3)
  })

  test('keeps the former values when the spec is invalid', () => {
    const failure = { kind: 'stalled', reason: 'InvalidSpec', message: 'spec.x: wrong' } as const
    const former = statusFor()
    const status = statusFor({ former, observed: undefined, failure, generation: 5, revision: undefined })
    expect(status).toMatchObject({ observedGeneration: 5, version: '1.0.0', revision: 2, api: { summary: '1/1' } })
    expect(readyOf(status)).toMatchObject({ status: 'False', reason: 'InvalidSpec', message: 'spec.x: wrong' })
    expect(status.conditions?.map(({ type }) => type)).toEqual(former.conditions?.map(({ type }) => type))
  })

  test('has a field that is ignored as a note, and is ready', () => {
    const note = { kind: 'stalled', reason: 'UnsupportedField', message: 'spec.x: it is ignored' } as const
    const status = statusFor({ specFaults: [note] })
    expect(readyOf(status)).toMatchObject({ status: 'True', reason: 'Ready' })
    expect(status.conditions?.find(({ type }) => type === 'SpecAccepted')).toMatchObject({
      status: 'False',
      reason: 'UnsupportedField',
      message: 'spec.x: it is ignored',
    })
    expect(statusFor({ former: status }).conditions?.map(({ type }) => type)).not.toContain('SpecAccepted')
  })

  test('has the version that runs while another part is faulty, and the URLs of the exposure that stays', () => {
    const fault = { kind: 'stalled', reason: 'InvalidSpec', message: 'spec.exposure.type: wrong' } as const
    const former = { ...statusFor(), urls: { api: 'https://api.example.com' } }
    const next = observed({}, { version: '2.0.0' })
    const status = statusFor({ former, observed: next, faults: [fault], specFaults: [fault], isExposureHeld: true })
    expect(status).toMatchObject({ version: '2.0.0', urls: { api: 'https://api.example.com' } })
    expect(readyOf(status)).toMatchObject({ status: 'False', reason: 'InvalidSpec' })
    expect(statusFor({ former, observed: next, faults: [fault], held: ['the release stays as it is'] }).version).toBe(
      '1.0.0',
    )
  })

  test('cuts a long message', () => {
    const failure = { kind: 'stalled', reason: 'InvalidSpec', message: 'x'.repeat(50_000) } as const
    expect(readyOf(statusFor({ failure }))?.message.length).toBeLessThan(2100)
  })
})
