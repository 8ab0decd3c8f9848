import type { Release } from '@chat-app/chat/release'
import { describe, expect, test } from 'vitest'
import { MAX_RECORD_BYTES } from '../../limits.ts'
import { facts, live, NOW, podOf, rendered, running, seenProof, select, stored } from '../../testing/releases.ts'
import { chatModel } from '../../testing/observed.ts'
import { stagesOf } from '../stages.ts'
import type { ReleaseRecord } from './record.ts'
import type { SelectInput } from './select.ts'

const before = stored({}, 1)
const next = { version: '2.0.0' }
const begun = { ...stored(next, 2), learned: { migration: {} } }
const crash: Parameters<typeof podOf>[2] = {
  name: 'new',
  isReady: false,
  container: { restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } },
}

const NOW_TEXT = '2026-01-01T01:00:00Z'
const PASSED = expect.objectContaining({ verdict: 'Passed' }) as unknown

/** The API has the second release, and its new pod crashes beside the old one. */
function crashing(changes: Partial<SelectInput> = {}, target: ReleaseRecord = begun, pod = crash) {
  const deployments = {
    api: running('api', target, { updatedReplicas: 1, replicas: 2 }),
    websocket: running('websocket', before),
  }
  const pods = [podOf('api', before), podOf('websocket', before), podOf('api', target, pod)]
  return select(next, { records: [target, before], live: live(next, {}, { deployments, pods }), ...changes })
}

describe('the release of a spec', () => {
  test('is a new one when no stored one has the same inputs', () => {
    const { target, wanted, refusal } = select({})
    expect(target).toMatchObject({ number: 1, isStored: false, learned: {}, release: { version: '1.0.0' } })
    expect(target.name).toMatch(/^chat-[0-9a-f]{10}$/)
    expect([wanted, refusal]).toEqual([target, undefined])
    expect(select(next, { records: [before] }).target).toMatchObject({ number: 2, isStored: false })
  })

  test('has the hashes of Secrets of the time when it was rolled out', () => {
    const valueHashes = { 'ca/ca.crt': 'now' }
    expect(select({}, { valueHashes }).target.learned).toEqual({ secrets: valueHashes })
    const old = { ...before, learned: { ...before.learned, secrets: { 'ca/ca.crt': 'then' } } }
    expect(select({}, { records: [old], valueHashes }).target.learned.secrets).toEqual({ 'ca/ca.crt': 'then' })
    const again = select({}, { records: [old, stored(next, 2)], valueHashes }).target
    expect(again).toMatchObject({ number: 3, learned: { secrets: valueHashes } })
  })

  test('is the stored one for everything that is in no pod', () => {
    const spec = {
      api: { replicas: 7 },
      websocket: {
        replicas: 2,
        autoscaling: { minReplicas: 1, maxReplicas: 9, target: { cpuUtilizationPercent: 50 } },
      },
      exposure: {
        type: 'Ingress',
        hosts: { api: 'a.example.com', websocket: 'w.example.com' },
        ingress: { className: 'x' },
      },
      monitoring: { mode: 'Disabled' },
      networkPolicy: { mode: 'Disabled' },
      rollout: { progressDeadlineSeconds: 60 },
      paused: true,
      hibernated: true,
    } as const
    expect(select(spec, { records: [before] }).target).toMatchObject({ name: before.name, number: 1, isStored: true })
  })

  test('is rolled out again with the next number when it is a former one', () => {
    const { target } = select({}, { records: [begun, before] })
    expect(target).toMatchObject({ name: before.name, number: 3, isStored: true })
  })

  test('of other Secrets that pods read only at start is another one', () => {
    const spec = { database: { tls: { caSecretRef: { name: 'ca' } } } }
    const withCa = (hash: string) => ({ facts: { ...facts, secretHashes: { 'ca/ca.crt': hash } } })
    const first = select(spec, withCa('one')).target
    expect(select(spec, { ...withCa('one'), records: [first] }).target.name).toBe(first.name)
    expect(select(spec, { ...withCa('two'), records: [first] }).target.name).not.toBe(first.name)
  })

  test('whose record is too large is refused, with its size and its largest part', () => {
    const env = Array.from({ length: 6000 }, (_, index) => ({ name: `NAME_${index}`, value: 'x'.repeat(50) }))
    const { refusal } = select({ api: { podTemplate: { spec: { containers: [{ name: 'api', env }] } } } })
    expect(refusal?.reason).toBe('InvalidSpec')
    expect(refusal?.message).toMatch(/has \d{6,} bytes, at most 524288 .* make (spec\.api|api) smaller \(\d{6} bytes\)/)
  })

  test('whose record has just the size that is possible is taken, and a larger one is not', () => {
    const padded = (characters: number) => {
      const env = [{ name: 'PADDING', value: 'x'.repeat(characters) }]
      const { target, refusal } = select({ api: { podTemplate: { spec: { containers: [{ name: 'api', env }] } } } })
      return { bytes: Buffer.byteLength(JSON.stringify(target.release)), refusal }
    }
    // The spec and the template have each character.
    const most = 1000 + Math.floor((MAX_RECORD_BYTES - padded(1000).bytes) / 2)
    expect(padded(most).bytes).toBeGreaterThanOrEqual(MAX_RECORD_BYTES - 1)
    expect(padded(most).refusal).toBeUndefined()
    expect(padded(most + 1).bytes).toBeGreaterThan(MAX_RECORD_BYTES)
    expect(padded(most + 1).refusal?.reason).toBe('InvalidSpec')
  })
})

describe('an operator that renders pods differently', () => {
  const older: Release = { ...before.release, operator: '0.9.0', templates: { ...before.release.templates, api: {} } }
  const record: ReleaseRecord = { ...before, name: 'chat-older', release: older }

  test('keeps the stored ones, and says what it would change', () => {
    const { target, update } = select({}, { records: [record] })
    expect(target.name).toBe('chat-older')
    expect(update).toEqual(['the pods of api'])
  })

  test('takes its own at once with operatorUpdates: Auto, or for a new value of the annotation, once', () => {
    const automatic = select({ rollout: { operatorUpdates: 'Auto' } }, { records: [record] })
    expect(automatic.target).toMatchObject({ number: 2, isStored: false })
    const annotations = { 'chat-app.com/update': 'now' }
    const { target, update } = select({}, { records: [record], annotations })
    expect(target).toMatchObject({ number: 2, isStored: false, release: { update: 'now', operator: '1.0.0' } })
    expect(update).toEqual([])
    const taken: ReleaseRecord = { ...record, name: 'chat-taken', number: 2, release: { ...older, update: 'now' } }
    expect(select({}, { records: [taken, record], annotations }).target.name).toBe('chat-taken')
  })

  describe('with operatorUpdates: Auto and a schedule', () => {
    // NOW is a Thursday, 01:00 UTC; the WebSocket pods may drain for 90 s.
    const windowAt = (start: string) => ({
      rollout: {
        operatorUpdates: 'Auto' as const,
        schedule: [{ days: ['Thu' as const], start, durationMinutes: 30, timeZone: 'UTC' }],
      },
    })
    const later = windowAt('02:00')

    test('waits for the window', () => {
      const { target, wanted, update, updateAtMs, waitsMs } = select(later, { records: [record] })
      expect([target.name, wanted.name]).toEqual(['chat-older', 'chat-older'])
      expect(update).toEqual(['the pods of api'])
      expect([updateAtMs, ...waitsMs]).toEqual([Date.parse('2026-01-01T02:00:00Z'), 0, 3_600_000])
    })

    test('takes its own where the rest of a window is as long as a pod may drain', () => {
      const during = (now: string) => select(windowAt('01:00'), { records: [record], now: new Date(now) })
      const first = during('2026-01-01T01:00:00Z')
      expect(first.target).toMatchObject({ number: 2, isStored: false, release: { operator: '1.0.0' } })
      expect([first.updateAtMs, ...first.waitsMs]).toEqual([undefined, 0, 0])
      expect(during('2026-01-01T01:28:30Z').target.number).toBe(2)
      const late = during('2026-01-01T01:28:31Z')
      expect(late.target.number).toBe(1)
      expect(late.updateAtMs).toBe(Date.parse('2026-01-08T01:00:00Z'))
    })

    test('finishes after the window what has begun in it', () => {
      const begins = select(windowAt('01:00'), { records: [record] }).target
      const taken: ReleaseRecord = { ...begins, isStored: true, learned: { migration: {} } }
      const after = select(later, { records: [taken, record], live: live({}, { api: taken, websocket: record }) })
      expect(after).toMatchObject({ target: { name: taken.name, number: 2 }, wanted: { name: taken.name }, update: [] })
      const input = { model: chatModel(later), selection: after, drainingMs: 0 }
      const stages = stagesOf({ ...input, live: live(later, { api: taken, websocket: record }) })
      expect(stages.websocket).toEqual({ record: after.wanted, wait: undefined })
    })

    test('takes its own at once when a person asks for it, or for another release', () => {
      const annotations = { 'chat-app.com/update': 'now' }
      expect(select(later, { records: [record], annotations }).target).toMatchObject({ number: 2, isStored: false })
      expect(select({ ...later, ...next }, { records: [record] }).target).toMatchObject({ number: 2, isStored: false })
      const reverted = select(later, { records: [begun, record] }).target
      expect(reverted).toMatchObject({ number: 3, isStored: false, release: rendered().fresh })
    })

    test('never takes its own where no window is as long as a pod may drain', () => {
      const spec = { ...later, websocket: { podTemplate: { spec: { terminationGracePeriodSeconds: 7200 } } } }
      const { fresh } = rendered(spec)
      const slow = { ...record, release: { ...fresh, templates: { ...fresh.templates, api: {} } } }
      const { target, update, updateAtMs } = select(spec, { records: [slow] })
      expect([target.number, update, updateAtMs]).toEqual([1, ['the pods of api'], undefined])
    })
  })

  describe('that knows an urgent fix', () => {
    const fix = { fault: 'the API trusts every proxy', fixedIn: '1.0.0' }
    const closed = {
      rollout: {
        operatorUpdates: 'Auto' as const,
        schedule: [{ days: ['Fri' as const], start: '02:00', durationMinutes: 30, timeZone: 'UTC' }],
      },
    }

    test('mends the pods of an earlier operator at once, whatever the schedule says', () => {
      for (const spec of [{}, closed]) {
        const { target, urgent } = select(spec, { records: [record], urgentFixes: [fix] })
        expect(target).toMatchObject({ number: 2, isStored: false, release: { operator: '1.0.0' } })
        expect(urgent).toEqual([fix])
      }
    })

    test('mends them once', () => {
      const { target } = select({}, { records: [record], urgentFixes: [fix] })
      const taken = { ...target, isStored: true }
      const again = select({}, { records: [taken, record], urgentFixes: [fix] })
      expect([again.target.name, again.urgent]).toEqual([taken.name, []])
    })

    test('mends a former release that is rolled out again', () => {
      const { target, urgent } = select({}, { records: [begun, record], urgentFixes: [fix] })
      expect(target).toMatchObject({ number: 3, isStored: false, release: { operator: '1.0.0' } })
      expect(urgent).toEqual([fix])
    })

    test('keeps pods that were rendered since the fix, or that it would not change', () => {
      const since = { ...record, release: { ...older, operator: '1.0.1' } }
      expect(select({}, { records: [since], urgentFixes: [fix] })).toMatchObject({ target: since, urgent: [] })
      const same = { ...before, release: { ...before.release, operator: '0.9.0' } }
      expect(select({}, { records: [same], urgentFixes: [fix] })).toMatchObject({ target: same, urgent: [] })
    })
  })

  test('brings them with the next release', () => {
    expect(select(next, { records: [record] }).target.release.templates).toEqual(rendered(next).fresh.templates)
  })
})

describe('a release', () => {
  test('is migrated once, and good when all pods are of it', () => {
    const migration = { schemaVersion: 3 }
    const records = [{ ...begun, learned: {} }, before]
    const waiting = select(next, {
      records,
      migrationOf: () => migration,
      live: live(next, { api: begun, websocket: before }),
    })
    expect(waiting.target.learned).toEqual({ migration, proof: { since: NOW_TEXT, before: PASSED } })
    const done = select(next, {
      records,
      migrationOf: () => migration,
      live: live(next, { api: begun, websocket: begun }),
    })
    const proof = { since: NOW_TEXT, before: PASSED, during: PASSED }
    expect(done.target.learned).toEqual({ migration, proof, good: { number: 2, since: NOW_TEXT } })
  })

  test('begins its proof with the rollout, but neither while paused, nor without a good release, nor to go back', () => {
    const records = [{ ...begun, learned: { migration: {} } }, before]
    const runs = live(next, { api: before, websocket: before })
    const proofOf = (changes: Partial<SelectInput>, spec: object = next) =>
      select(spec, { records, live: runs, ...changes }).target.learned.proof
    expect(proofOf({})).toEqual({ since: NOW_TEXT, before: PASSED })
    const paused = { ...next, paused: true }
    expect(proofOf({ live: { ...runs, model: chatModel(paused) } }, paused)).toBeUndefined()
    expect(proofOf({ records: records.slice(0, 1) })).toBeUndefined()
    expect(proofOf({}, {})).toBeUndefined()
    expect(select({}, { records, live: runs }).target).toMatchObject({ number: 3, learned: { good: { number: 3 } } })
  })

  test('whose proof has failed goes back, and its proof begins anew when it is tried again', () => {
    const end = { exitCode: 65, message: JSON.stringify({ verdict: 'Failed', message: 'lost 3', sent: 9, lost: 3 }) }
    const seeProof: SelectInput['seeProof'] = () => ({ ...seenProof(false), end })
    const runs = live(next, { api: before, websocket: before })
    const failed = select(next, { records: [begun, before], live: runs, seeProof })
    expect(failed.target.learned.failed).toMatchObject({ reason: 'MessagesLost', message: 'MessagesLost: lost 3' })
    expect([failed.wanted.name, failed.rollback?.reason, failed.proof.job]).toEqual([
      before.name,
      'RolledBack',
      undefined,
    ])
    const retried = { records: [failed.target, before], live: runs }
    expect(select(next, { ...retried, seeProof }).target.learned.proof?.before?.verdict).toBe('Failed')
    const annotations = { 'chat-app.com/retry': '1' }
    const again = select(next, { ...retried, annotations, now: new Date('2026-01-01T02:00:00Z') })
    expect(again.target.learned.proof).toEqual({ since: '2026-01-01T02:00:00Z', before: PASSED })
    expect(again.wanted.name).toBe(begun.name)
  })

  test('that is no longer asked for learns what its migration did', () => {
    const unmigrated = { ...begun, learned: {} }
    const migration = { irreversible: true, minimumVersion: '2.0.0' }
    const migrationOf: SelectInput['migrationOf'] = (release) => (release.version === '2.0.0' ? migration : undefined)
    const { records, refusal } = select({}, { records: [unmigrated, before], migrationOf })
    expect(records.find(({ name }) => name === begun.name)?.learned).toEqual({ migration })
    expect(refusal).toMatchObject({ reason: 'VersionTooOld' })
  })

  test('that crashes goes back to the last good one, and stays back', () => {
    const { target, wanted, rollback } = crashing()
    expect(target.learned.failed).toMatchObject({
      reason: 'PodCrashing',
      at: '2026-01-01T01:00:00Z',
      secrets: 'secrets',
    })
    expect(wanted.name).toBe(before.name)
    expect(rollback?.reason).toBe('RolledBack')
    expect(rollback?.message).toMatch(/^release 2 \(2\.0\.0\) failed: .*; release 1 \(1\.0\.0\) runs again$/)
    const again = select(next, { records: [target, before], live: live(next, { api: before, websocket: before }) })
    expect(again.wanted.name).toBe(before.name)
    expect(again.target.learned).toEqual(target.learned)
  })

  const waiting = { waiting: { reason: 'CrashLoopBackOff' } }
  test.each([
    { ended: 'two times', container: { restartCount: 1, state: waiting }, isBack: false },
    { ended: 'two times and runs again', container: { restartCount: 2, state: { running: {} } }, isBack: false },
    { ended: 'three times', container: { restartCount: 2, state: { terminated: { exitCode: 1 } } }, isBack: true },
    { ended: 'three times and waits', container: { restartCount: 2, state: waiting }, isBack: true },
  ])('whose container has ended $ended goes back: $isBack', ({ container, isBack }) => {
    expect(crashing({}, begun, { ...crash, container }).rollback?.reason === 'RolledBack').toBe(isBack)
  })

  test('that makes no progress in its time goes back, with the cause', () => {
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]
    const api = running('api', begun, { conditions, updatedReplicas: 1, replicas: 2 })
    const unschedulable = podOf('api', begun, {
      name: 'new',
      isReady: false,
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', message: 'no room' }],
    })
    const pods = [podOf('api', before), unschedulable]
    const now = live(next, {}, { deployments: { api, websocket: running('websocket', before) }, pods })
    const { target } = select(next, { records: [begun, before], live: now })
    expect(target.learned.failed).toMatchObject({ reason: 'Unschedulable' })
  })

  test('is tried again for other Secrets, for a new value of the annotation, and when it is asked for anew', () => {
    const { target } = crashing()
    const records = [target, before]
    const now = live(next, { api: before, websocket: before })
    expect(select(next, { records, live: now, secrets: 'others' }).wanted.name).toBe(begun.name)
    const annotations = { 'chat-app.com/retry': 'now' }
    expect(select(next, { records, live: now, annotations }).wanted.name).toBe(begun.name)
    const between = stored({ version: '3.0.0' }, 3)
    expect(select(next, { records: [between, ...records], live: now }).target).toMatchObject({
      number: 4,
      learned: { migration: {} },
    })
  })

  test('without a good one before it does not go back', () => {
    const bad = { ...before, learned: { migration: {} } }
    const { wanted, rollback } = crashing({ records: [begun, bad] })
    expect([wanted.name, rollback]).toEqual([begun.name, undefined])
  })

  test('does not go back past an irreversible migration, nor to a version that the schema does not carry', () => {
    const irreversible = { ...begun, learned: { migration: { irreversible: true } } }
    const refused = crashing({}, irreversible)
    expect(refused.wanted.name).toBe(begun.name)
    expect(refused.rollback).toMatchObject({ reason: 'RollbackRefused' })
    expect(refused.rollback?.message).toContain('the migration of release 2.0.0 is irreversible')
    const demanding = { ...begun, learned: { migration: { minimumVersion: '1.5.0' } } }
    expect(crashing({}, demanding).rollback?.message).toContain('needs at least 1.5.0')
    expect(crashing({}, { ...begun, learned: { migration: { minimumVersion: '1.0.0' } } }).rollback?.reason).toBe(
      'RolledBack',
    )
  })

  test('does not go back once it was good', () => {
    const good = { ...begun, learned: { migration: {}, good: { number: 2, since: 'then' } } }
    expect(crashing({}, good)).toMatchObject({ wanted: { name: begun.name }, rollback: undefined })
  })

  test('of an older version than the schema needs is refused, also when the user writes it', () => {
    const demanding = stored(next, 2, { migration: { minimumVersion: '2.0.0' } })
    const { refusal } = select({ version: '1.9.0' }, { records: [demanding] })
    expect(refusal).toMatchObject({ reason: 'VersionTooOld' })
    expect(refusal?.message).toContain('needs at least 2.0.0 (spec.version is "1.9.0")')
    expect(select({ version: 'main-3f2a' }, { records: [demanding] }).refusal).toBeUndefined()
  })
})

describe('a release beside which other pods suffer too', () => {
  const deployments = {
    api: running('api', begun, { updatedReplicas: 1, replicas: 2 }),
    websocket: running('websocket', before),
  }
  const old = podOf('api', before, { isReady: false })
  const pods = [old, podOf('websocket', before), podOf('api', begun, crash)]
  const suffering = live(next, {}, { deployments, pods })

  test('is held and not judged', () => {
    const { target, wanted, hold } = select(next, { records: [begun, before], live: suffering })
    const proof = { since: NOW_TEXT, before: PASSED }
    expect(target.learned).toEqual({ migration: {}, held: { since: NOW_TEXT }, proof })
    expect(wanted.name).toBe(begun.name)
    expect(hold).toBe(
      'release 2 (2.0.0) is held and not judged since 01:00:00Z: pods of another release are not ready either (pod chat-api-1)',
    )
  })

  test('has its whole time again once they are ready', () => {
    const held = { ...begun, learned: { migration: {}, held: { since: '2026-01-01T00:50:00Z' } } }
    const { target, wanted, hold, waitsMs } = crashing({}, held)
    expect(target.learned.held).toEqual({ until: '2026-01-01T01:00:00Z' })
    expect([wanted.name, ...waitsMs]).toEqual([begun.name, 600_000, 0])
    expect(hold).toBe('release 2 (2.0.0) has its whole deadline again since 01:00:00Z')
    const late = crashing({ records: [target, before], now: new Date('2026-01-01T01:10:00Z') }, target)
    expect([late.wanted.name, late.hold]).toEqual([before.name, undefined])
  })

  test('is held while a dependency is missing', () => {
    const now = live(next, {}, { deployments, pods: pods.slice(1), hasFaults: true })
    const { target, hold } = select(next, { records: [begun, before], live: now })
    expect(target.learned.held).toBeDefined()
    expect(hold).toContain(': a dependency is missing')
  })
})

describe('a release that is taken back by hand', () => {
  const good = stored(next, 2)
  const annotations = { 'chat-app.com/rollback-to': '1' }
  const now = live(next, { api: good, websocket: good })

  test('is replaced by the one with that number, until the next edit', () => {
    const { wanted, rollback, target } = select(next, { records: [good, before], live: now, annotations })
    expect(wanted.name).toBe(before.name)
    expect(rollback?.reason).toBe('RolledBackByHand')
    const edited = select({ version: '3.0.0' }, { records: [target, before], live: now, annotations })
    expect(edited).toMatchObject({ wanted: { release: { version: '3.0.0' } }, rollback: undefined })
  })

  test('comes back when the annotation is removed, and the same value can be used again', () => {
    const { target } = select(next, { records: [good, before], live: now, annotations })
    const removed = select(next, { records: [target, before], live: now })
    expect(removed.wanted.name).toBe(good.name)
    expect(removed.target.learned.takenBack).toBeUndefined()
  })

  test('stays when no release has the number, and the numbers are named', () => {
    const { wanted, rollback } = select(next, {
      records: [good, before],
      live: now,
      annotations: { 'chat-app.com/rollback-to': '9' },
    })
    expect(wanted.name).toBe(good.name)
    expect(rollback).toMatchObject({ reason: 'InvalidAnnotation' })
    expect(rollback?.message).toContain('(it is "9"): set one of 2, 1')
  })
})

test('going back that fails too does not turn again', () => {
  const failed = { ...begun, learned: crashing().target.learned }
  const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]
  const api = running('api', before, { conditions, updatedReplicas: 0, replicas: 2 })
  const now = live(next, {}, { deployments: { api, websocket: running('websocket', before) }, pods: [] })
  const { wanted, rollback } = select(next, { records: [failed, before], live: now, now: NOW })
  expect(wanted.name).toBe(before.name)
  expect(rollback?.reason).toBe('RollbackFailed')
})
