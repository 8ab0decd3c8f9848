import { goesBack } from '@chat-app/chat/release'
import { describe, expect, test } from 'vitest'
import { chatModel, job, pod } from '../../testing/observed.ts'
import { PROVEN } from '../../testing/kubelet.ts'
import { live, NOW, podOf, running, stored } from '../../testing/releases.ts'
import type { ProofEnd } from '../../observe/ended-jobs.ts'
import type { SeenProof } from '../../observe/proof.ts'
import type { KubeObject } from '../../runtime/types.ts'
import type { Live } from './judge.ts'
import { isProven, isUnproven, proofStep, type ProofStep } from './proof.ts'
import type { Proof } from './record.ts'

const NEXT = { version: '2.0.0' }
const before = stored({}, 1)
const target = { ...stored(NEXT, 2), learned: { migration: {} } }
const PASSED = { verdict: 'Passed', message: '' } as const
const SINCE = '2026-01-01T01:00:00Z'
const both = { api: before, websocket: before }
const rolled = { api: target, websocket: target }
const LOST = { ...PROVEN, verdict: 'Failed', message: 'lost', lost: 1 }

interface Given extends Partial<SeenProof> {
  readonly proof?: Proof
  readonly live?: KubeObjectOrNone
  readonly on?: Live
  readonly isMigrated?: boolean
  readonly nowMs?: number
  readonly unfit?: string
}
type KubeObjectOrNone = SeenProof['live']

/** The step of the release 2, of whose runs the first one is seen as given. */
function step(given: Given = {}): { step: ProofStep; runs: string[] } {
  const { proof, on = live(NEXT, both), isMigrated = true, nowMs = NOW.getTime(), unfit, ...seen } = given
  const runs: string[] = []
  const record = { ...target, learned: { ...target.learned, ...(proof && { proof }) } }
  const none = { job: job(), live: undefined, pods: [], end: undefined, refusal: undefined }
  const seeProof = (_: unknown, part: string, run: string) =>
    runs.push(`${part} ${run}`) === 1 ? { ...none, ...seen } : none
  return { step: proofStep(record, isMigrated, { live: on, unfit, seeProof, now: new Date(nowMs) }), runs }
}

function ended(exitCode: number, message: unknown = ''): { end: ProofEnd } {
  return { end: { exitCode, message: typeof message === 'string' ? message : JSON.stringify(message) } }
}

function failedJob(at: string) {
  const failed = job('Failed')
  return { ...failed, status: { conditions: [{ type: 'Failed', status: 'True', lastTransitionTime: at }] } }
}

const proving = (created: string, changes: object = {}) => pod('prove', { created, isReady: false, ...changes })
const untouched = (created: string) => ({ ...proving(created), status: { phase: 'Pending' } })

function named(object: KubeObject, name: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, name } }
}

describe('the first part', () => {
  test('begins after the migration, and is followed by the second one', () => {
    expect(step({ isMigrated: false }).step).toEqual({ proof: { since: SINCE }, waitMs: 0 })
    expect(step()).toMatchObject({ step: { job: { kind: 'Job' } }, runs: [`before 2 ${SINCE} 0`] })
    const passed = step(ended(0, PROVEN))
    expect(passed.runs).toEqual([`before 2 ${SINCE} 0`, `during 2 ${SINCE} 0`])
    expect(passed.step).toMatchObject({ proof: { before: { verdict: 'Passed', counts: { sent: 5000 } } }, job: {} })
  })

  test('that fails is the fault of the release', () => {
    const { fault, job: none, proof } = step(ended(65, LOST)).step
    expect([fault, none]).toEqual([{ reason: 'MessagesLost', message: 'MessagesLost: lost' }, undefined])
    expect(proof?.before).toMatchObject({ verdict: 'Failed', counts: { lost: 1 } })
    expect(step(ended(65)).step.fault?.message).toBe('MessagesLost: its pod ended with code 65')
  })

  test.each([
    ['an image without the command', ended(2), 'the image of the release cannot prove it'],
    [
      'an invalid configuration',
      ended(78, 'PROOF_PART is missing'),
      'its pod ended with code 78: PROOF_PART is missing',
    ],
    ['a pod without a result', ended(0), 'its pod has left no result'],
    ['a refused pod', { refusal: 'exceeded quota' }, 'its pod is refused: exceeded quota'],
    [
      'a pod that no node starts',
      { live: job(), pods: [untouched('2026-01-01T00:58:00Z')] },
      /^no node has started pod/,
    ],
    ['a Job that has ended without words', { live: job('Complete') }, 'its pod has left no result'],
    ['a Job whose tries crashed', { live: failedJob(SINCE), ...ended(137, 'killed') }, /code 137: killed$/],
    ['no pods of a service', { on: live({ ...NEXT, api: { replicas: 0 } }, both) }, 'no pods of chat-api are wanted'],
    ['no pods that run', { on: live(NEXT, { api: before }) }, 'no pod of chat-websocket runs'],
  ])('is skipped for %s', (_, given, message) => {
    const { proof, fault } = step(given).step
    expect([proof?.before?.verdict, fault]).toEqual(['Skipped', undefined])
    expect(proof?.before?.message).toMatch(message)
    expect(isProven({ ...(proof && { proof }) })).toBe(true)
  })

  test('that is skipped holds the release where onSkipped says so, and its Job stays', () => {
    const model = chatModel({ ...NEXT, rollout: { budget: { onSkipped: 'Hold' } } })
    const held = step({ refusal: 'exceeded quota', live: job(), on: live(NEXT, both, { model }) }).step
    expect([held.proof, held.hold]).toEqual([
      { since: SINCE },
      'the services wait for the proof: Job chat-migrate-1: its pod is refused: exceeded quota; spec.rollout.budget.onSkipped is Hold',
    ])
    expect(held.job).toBeDefined()
    const idle = step({ on: live(NEXT, { api: before }, { model }) }).step
    expect([idle.hold, idle.job]).toEqual([expect.stringContaining('no pod of chat-websocket'), undefined])
  })

  test('is skipped where the former release cannot run on the schema any more', () => {
    const { proof } = step({ unfit: 'release 1.0.0 cannot run any more' }).step
    expect(proof?.before).toEqual({ verdict: 'Skipped', message: 'release 1.0.0 cannot run any more' })
  })

  test('runs too where the release leaves the pods of a service as they are', () => {
    expect(step({ on: live(NEXT, { api: target, websocket: before }) }).step.job).toBeDefined()
  })

  test('waits a minute for former pods that are not ready, and for a node', () => {
    const pods = [podOf('api', before, { isReady: false, readyAt: '2026-01-01T00:59:30Z' }), podOf('websocket', before)]
    const on = live(NEXT, both, { pods })
    expect(step({ on }).step).toMatchObject({ waitMs: 30_000, wait: expect.stringContaining('is ready') as string })
    expect(step({ on }).step.job).toBeUndefined()
    expect(step({ on, nowMs: NOW.getTime() + 30_000 }).step.proof?.before?.verdict).toBe('Skipped')
    expect(step({ live: job(), pods: [untouched('2026-01-01T00:59:50Z')] }).step.waitMs).toBe(50_000)
  })

  test('is repeated by its Job, and then by another one with growing delays', () => {
    const unsure = ended(75, { verdict: 'Inconclusive', message: 'the database was away' })
    expect(step({ live: job(), ...unsure }).step.wait).toContain('it is repeated: the database was away')
    const waiting = step({ live: failedJob('2026-01-01T00:59:55Z'), ...unsure })
    const because = 'the database was away'
    const until = (at: string) => ({ since: SINCE, attempt: 1, again: { at, because } })
    expect(waiting.step.wait).toContain(`it is repeated: ${because}`)
    expect([waiting.step.waitMs, waiting.step.proof, waiting.runs.length]).toEqual([
      5000,
      until('2026-01-01T01:00:05.000Z'),
      1,
    ])
    const again = step({ live: failedJob('2026-01-01T00:59:50Z'), ...unsure })
    expect(again.step.proof).toEqual(until('2026-01-01T01:00:00.000Z'))
    expect(again.runs).toEqual([`before 2 ${SINCE} 0`, `before 2 ${SINCE} 1`])
    const never = { ...until('2036-01-01T00:00:00Z'), attempt: 1 }
    expect(step({ proof: never }).runs).toEqual([`before 2 ${SINCE} 1`])
    const later = (attempt: number) =>
      step({ live: failedJob('2026-01-01T00:59:50Z'), ...unsure, proof: { since: SINCE, attempt } }).step
    expect(later(1).waitMs).toBe(10_000)
    expect(later(2).proof?.before).toEqual({
      verdict: 'Skipped',
      message: 'it was inconclusive 3 times: the database was away',
    })
  })

  test('fails for a new process that ends three times, unless former pods suffer too', () => {
    const state = { waiting: { reason: 'CrashLoopBackOff' } }
    const crashed = proving(SINCE)
    const status = {
      ...(crashed['status'] as object),
      initContainerStatuses: [{ name: 'api', restartCount: 3, state }],
    }
    const seen = { live: job(), pods: [{ ...crashed, status }] }
    expect(step(seen).step.fault?.reason).toBe('PodCrashing')
    const pods = [podOf('api', before, { isReady: false }), podOf('websocket', before)]
    const { fault, wait } = step({ ...seen, on: live(NEXT, both, { pods }) }).step
    expect([fault, wait]).toEqual([undefined, expect.stringContaining('pods of another release are not ready')])
  })

  test('does not wait for its result when it is switched off', () => {
    const { proof, job: none } = step({
      on: live({ ...NEXT, rollout: { proof: 'Disabled' } }, both),
      isMigrated: false,
    }).step
    expect([proof?.before?.verdict, none]).toEqual(['Disabled', undefined])
  })
})

describe('the second part', () => {
  const proof = { since: SINCE, before: PASSED }
  const ready = pod('prove')
  const rolling = {
    ...live(NEXT, rolled),
    deployments: { ...live(NEXT, rolled).deployments, api: running('api', before) },
  }

  test('goes on until the last former pod has left and it has sent enough; then its Job is deleted', () => {
    const seen = { proof, live: job(), pods: [ready] }
    expect(step({ ...seen, on: rolling }).step.job).toBeDefined()
    expect(step({ ...seen, pods: [proving(SINCE)], on: live(NEXT, rolled) }).step.job).toBeDefined()
    const deletionTimestamp = '2026-01-01T01:00:10Z'
    const former = podOf('websocket', before)
    const draining = { ...former, metadata: { ...former.metadata, deletionTimestamp } }
    const on = { ...live(NEXT, rolled), pods: [...live(NEXT, rolled).pods, draining] }
    expect(step({ ...seen, on }).step.job).toBeDefined()
    expect(step({ ...seen, on, nowMs: Date.parse(deletionTimestamp) + 60_000 }).step.job).toBeUndefined()
    const ending = step({ ...seen, on: live(NEXT, rolled) }).step
    expect([ending.job, ending.wait]).toEqual([undefined, expect.stringContaining('the release waits for the proof')])
  })

  test('waits for the last words of the pod, and runs again without them', () => {
    const on = live(NEXT, rolled)
    expect(step({ proof, pods: [ready], on }).step.job).toBeUndefined()
    expect(step({ proof, on }).step.job).toBeDefined()
    const lost = { ...ready, metadata: { ...ready.metadata, deletionTimestamp: '2026-01-01T00:59:00Z' } }
    expect(step({ proof, pods: [lost], on }).step.proof?.attempt).toBe(1)
    const leaving = step({ proof, pods: [lost], on, nowMs: Date.parse('2026-01-01T00:59:10Z') }).step
    expect([leaving.job, leaving.waitMs]).toEqual([undefined, 20_000])
    expect(step({ proof, on, ...ended(0, PROVEN) }).step.proof?.during?.verdict).toBe('Passed')
    expect(step({ proof, on, ...ended(65, LOST) }).step.fault?.reason).toBe('MessagesLost')
  })

  describe('has failed', () => {
    const on = live(NEXT, rolled)
    const [own] = on.pods.map(({ metadata }) => metadata.name)
    const failed = failedJob('2026-01-01T01:00:00Z')
    const atNow = (message: object) => ({ end: { ...ended(65, message).end, endedAt: NOW.toISOString() } })
    const after = (ms: number) => NOW.getTime() + ms
    const GAP = { ...LOST, lost: 0, longestGapMs: 9000, message: 'message a-1 waited' }
    const seen = (message: object, nowMs = NOW.getTime(), pods = on.pods) =>
      step({ proof, live: failed, on: { ...on, pods }, nowMs, ...atNow(message) })

    test('by the release where its own pods alone took part', () => {
      expect(seen({ ...LOST, processes: [own] }).step.fault?.reason).toBe('MessagesLost')
      expect(seen({ ...LOST, processes: [] }).step.fault?.reason).toBe('MessagesLost')
    })

    const former = named(podOf('websocket', before), 'chat-websocket-old')
    test.each([
      ['a pod of another release', 'chat-websocket-old', [...on.pods, former]],
      ['a pod that is gone', 'chat-websocket-gone', on.pods],
      ['a process that did not answer', 'unknown', on.pods],
    ])('and is repeated where %s took part', (_, name, pods) => {
      const { fault, wait, waitMs } = seen({ ...LOST, processes: [own, name] }, after(1000), pods).step
      expect([fault, waitMs]).toEqual([undefined, 9000])
      expect(wait).toContain(`: lost; ${name} took part, which is no running pod that this release has started`)
      const again = seen({ ...LOST, processes: [name] }, after(10_000), pods)
      expect([again.step.fault, again.step.proof?.attempt]).toEqual([undefined, 1])
    })

    test('and is repeated while former pods are not ready either', () => {
      const suffering = [...on.pods, podOf('websocket', before, { isReady: false })]
      expect(seen({ ...LOST, processes: [own] }, after(1000), suffering).step).toMatchObject({
        wait: expect.stringContaining('pods of another release are not ready either') as string,
      })
    })

    test('and stays excused when the former pods are ready again before it is repeated', () => {
      const suffering = [...on.pods, podOf('websocket', before, { isReady: false })]
      const { proof: excused } = seen({ ...LOST, processes: [own] }, after(1000), suffering).step
      const given = { ...(excused && { proof: excused }), live: failed, on, ...atNow({ ...LOST, processes: [own] }) }
      const waiting = step({ ...given, nowMs: after(5000) })
      expect([waiting.step.fault, waiting.step.waitMs, waiting.runs]).toEqual([undefined, 5000, []])
      expect(waiting.step.wait).toContain('pods of another release are not ready either')
      expect(step({ ...given, live: job(), end: undefined, nowMs: after(10_000) }).runs).toEqual([
        `during 2 ${SINCE} 1`,
      ])
    })

    test('and is repeated where the pod that took part is of a service that the release leaves as it is', () => {
      const templates = { ...target.release.templates, websocket: before.release.templates.websocket }
      const apiAlone = { ...target, release: { ...target.release, templates } }
      const pods = [podOf('api', apiAlone), named(podOf('websocket', before), 'chat-websocket-old')]
      const given = { live: live(NEXT, { api: apiAlone, websocket: before }, { pods }), former: before }
      const result = atNow({ ...LOST, processes: ['chat-websocket-old'] })
      const seeProof = () => ({ job: job(), live: failed, pods: [], refusal: undefined, ...result })
      const record = { ...apiAlone, learned: { ...apiAlone.learned, proof } }
      const { fault, proof: now } = proofStep(record, true, { ...given, seeProof, now: NOW })
      expect([fault, now?.attempt]).toEqual([undefined, 1])
    })

    test('by a gap, which may be that of a lost node until a minute later', () => {
      const gap = { ...GAP, processes: [own] }
      const waiting = seen(gap, after(1000)).step
      expect([waiting.fault, waiting.waitMs]).toEqual([undefined, 59_000])
      expect(waiting.wait).toContain('message a-1 waited; a lost node would show within a minute')
      expect(seen(gap, after(60_000)).step.fault?.reason).toBe('MessagesLost')
      const unready = [podOf('api', target, { isReady: false }), podOf('websocket', target)]
      for (const processes of [[own], []]) {
        const again = seen({ ...GAP, processes }, after(60_000), unready)
        expect([again.step.fault, again.step.proof?.attempt]).toEqual([undefined, 1])
      }
    })

    test('at the end, when its Job is gone, which is not made again before it is repeated', () => {
      const gone = { proof, on, ...atNow({ ...GAP, processes: [own] }) }
      expect(step({ ...gone, nowMs: after(1000) }).step.job).toBeUndefined()
      expect(step({ ...gone, nowMs: after(60_000) }).step.fault?.reason).toBe('MessagesLost')
      const other = step({ proof, on, ...atNow({ ...LOST, processes: ['unknown'] }), nowMs: after(10_000) })
      expect([other.step.proof?.attempt, other.step.job]).toEqual([1, expect.anything()])
    })

    test('too often to say anything', () => {
      const given = { proof: { ...proof, attempt: 2 }, live: failed, on, nowMs: after(60_000) }
      const { step: last } = step({ ...given, ...atNow({ ...LOST, processes: ['chat-websocket-old'] }) })
      expect(last.proof?.during?.verdict).toBe('Skipped')
      expect(last.proof?.during?.message).toContain('it was inconclusive 3 times: lost; chat-websocket-old took part')
      const holding = live({ ...NEXT, rollout: { budget: { onSkipped: 'Hold' } } }, rolled)
      const { step: held } = step({ ...given, on: holding, ...atNow({ ...LOST, processes: ['chat-websocket-old'] }) })
      expect([held.proof?.during, held.hold]).toEqual([undefined, expect.stringContaining('onSkipped is Hold')])
    })
  })

  test('gives way to a service of one pod for which a quota has no other room', () => {
    const refused = (replicas: number) => {
      const failure = { type: 'ReplicaFailure', status: 'True', message: 'pods is forbidden: exceeded quota: q' }
      const api = running('api', target, { conditions: [failure] })
      return {
        ...rolling,
        deployments: { api: { ...api, spec: { replicas } }, websocket: running('websocket', before) },
      }
    }
    const seen = { proof, live: job(), pods: [ready] }
    const { proof: skipped, job: none } = step({ ...seen, on: refused(1) }).step
    expect([skipped?.during, none]).toEqual([
      { verdict: 'Skipped', message: 'its pod takes the room that a quota leaves for a pod of chat-api' },
      undefined,
    ])
    for (const going of [step({ ...seen, on: refused(2) }), step({ ...seen, pods: [], on: refused(1) })])
      expect([going.step.proof?.during, going.step.job]).toEqual([undefined, expect.anything()])
  })

  test('that has ended before the roll is begun again', () => {
    const { step: again, runs } = step({ proof, on: rolling, ...ended(0, PROVEN) })
    expect([again.proof?.during, again.proof?.attempt]).toEqual([undefined, 1])
    expect(runs).toEqual([`during 2 ${SINCE} 0`, `during 2 ${SINCE} 1`])
  })
})

test('a release is proven by both parts, or where it needs no proof', () => {
  const failed = { reason: 'PodCrashing', message: '', at: SINCE, secrets: '' }
  const lost = { verdict: 'Failed', message: '' } as const
  expect(isProven({})).toBe(true)
  expect(isProven({ proof: { since: SINCE, before: PASSED } })).toBe(false)
  expect(isProven({ proof: { since: SINCE, before: PASSED, during: PASSED } })).toBe(true)
  expect(isProven({ proof: { since: SINCE, before: PASSED, during: lost }, failed })).toBe(false)
  expect(isProven({ proof: { since: SINCE, before: PASSED }, failed })).toBe(true)
  expect(isUnproven({ ...target, learned: { proof: { since: SINCE } } })).toBe(true)
  expect(isUnproven({ ...target, learned: { proof: { since: SINCE, before: PASSED } } })).toBe(false)
})

test('the last release that was good is gone back to, and others are compared with it', () => {
  expect(goesBack(target, undefined)).toBe(true)
  expect(goesBack(target, before)).toBe(false)
  const good = (number: number, is: number) => ({ ...before, number, learned: { good: { number: is, since: SINCE } } })
  expect(goesBack(good(3, 1), good(2, 2))).toBe(false)
  expect(goesBack(good(4, 2), good(1, 1))).toBe(true)
})
