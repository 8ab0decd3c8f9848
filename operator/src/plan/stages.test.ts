import { describe, expect, test } from 'vitest'
import { chatModel, pod } from '../testing/observed.ts'
import { live, NOW, podOf, running, seenProof, select, stored } from '../testing/releases.ts'
import type { Live } from './release/judge.ts'
import type { SelectInput } from './release/select.ts'
import { drainingMs, stagesOf } from './stages.ts'

const before = stored({}, 1)
const next = { version: '2.0.0' }
const after = stored(next, 2)
/** A release that was begun and is not good yet. */
const begun = { ...after, learned: { migration: {} } }

function stages(spec: object, now: Live, records = [begun, before]) {
  const selection = select(spec, { records, live: now })
  const { api, websocket } = stagesOf({
    model: chatModel(spec),
    selection,
    live: now,
    drainingMs: drainingMs(now.pods, NOW),
  })
  return { api: [api.record?.number, api.wait], websocket: [websocket.record?.number, websocket.wait] }
}

describe('a new release', () => {
  test('reaches both services at once at creation, after its migration', () => {
    const first = { ...before, learned: {} }
    const waits = 'the services wait for the migration'
    expect(stages({}, live(), [first])).toEqual({ api: [1, waits], websocket: [1, waits] })
    const migrated = { ...before, learned: { migration: {} } }
    expect(stages({}, live(), [migrated])).toEqual({ api: [1, undefined], websocket: [1, undefined] })
  })

  test('reaches no service while its migration runs, or a dependency is missing', () => {
    const unmigrated = { ...begun, learned: {} }
    const waits = 'the services wait for the migration'
    expect(stages(next, live(next, { api: before, websocket: before }), [unmigrated, before])).toEqual({
      api: [1, waits],
      websocket: [1, waits],
    })
    const faulty = live(next, { api: before, websocket: before }, { hasFaults: true })
    expect(stages(next, faulty).api).toEqual([1, 'the services wait for their dependencies'])
  })

  test('reaches the WebSocket service once every API pod has it', () => {
    expect(stages(next, live(next, { api: before, websocket: before }))).toEqual({
      api: [2, undefined],
      websocket: [1, 'the WebSocket service waits for the API'],
    })
    expect(stages(next, live(next, { api: begun, websocket: before }))).toEqual({
      api: [2, undefined],
      websocket: [2, undefined],
    })
  })

  test('reaches the WebSocket service once the users of its proof chat on the former pods', () => {
    const now = live(next, { api: begun, websocket: before })
    const starting = (hasReadyPod: boolean) => {
      const seen = { ...seenProof(false), pods: [pod('prove', { isReady: hasReadyPod })] }
      const seeProof: SelectInput['seeProof'] = (_, part) => (part === 'before' ? seenProof(true) : seen)
      const selection = select(next, { records: [begun, before], live: now, seeProof })
      return stagesOf({ model: chatModel(next), selection, live: now, drainingMs: 0 }).websocket.wait
    }
    expect(starting(false)).toBe('the WebSocket service waits for the users of the proof')
    expect(starting(true)).toBeUndefined()
  })

  test('reaches the WebSocket service after its pods have drained', () => {
    const draining = podOf('websocket', before, { leaving: true })
    const now = live(next, { api: begun, websocket: before }, { pods: [draining] })
    expect(stages(next, now).websocket).toEqual([
      1,
      'the next WebSocket rollout waits for the pods that still drain: pod chat-websocket-1, at most until 00:00:00Z',
    ])
  })

  test('reaches the WebSocket service after the present rollout, unless that has failed', () => {
    const third = { ...stored({ version: '3.0.0' }, 3), learned: { migration: {} } }
    const two = [podOf('websocket', before, { name: 'a' }), podOf('websocket', begun, { name: 'b' })]
    const deployments = { api: running('api', third), websocket: running('websocket', begun) }
    const at = (changes: Partial<Live>) =>
      stages({ version: '3.0.0' }, live({}, {}, { deployments, pods: two, ...changes }), [third, begun, before])
        .websocket
    const waits = [2, 'the next WebSocket rollout waits for the present one']
    expect(at({})).toEqual(waits)
    const pod = (changes: object) => podOf('websocket', begun, { name: 'c', isReady: false, ...changes })
    const creating = pod({ container: { state: { waiting: { reason: 'ContainerCreating' } } } })
    expect(at({ pods: [...two, creating] })).toEqual(waits)
    expect(at({ pods: [...two, pod({ container: { restartCount: 1 } })] })).toEqual([3, undefined])
    const noImage = pod({ container: { state: { waiting: { reason: 'ImagePullBackOff' } } } })
    expect(at({ pods: [...two, noImage] })).toEqual([3, undefined])
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]
    const websocket = running('websocket', begun, { conditions })
    expect(at({ deployments: { ...deployments, websocket } })).toEqual([3, undefined])
  })

  test('waits without a word while hibernated', () => {
    const spec = { ...next, hibernated: true }
    const unmigrated = { ...begun, learned: {} }
    expect(stages(spec, live(spec, { api: before, websocket: before }), [unmigrated, before])).toEqual({
      api: [1, undefined],
      websocket: [1, undefined],
    })
  })
})

describe('a worker', () => {
  const worker = {}
  const [former, added] = [stored({ worker }, 1), { ...stored({ ...next, worker }, 2), learned: { migration: {} } }]
  function workerAt(runs: Parameters<typeof live>[1], records = [added, former]) {
    const spec = { ...next, worker }
    const now = live(spec, runs)
    const selection = select(spec, { records, live: now })
    const { worker: stage } = stagesOf({ model: chatModel(spec), selection, live: now, drainingMs: 0 })
    return [stage?.record?.number, stage?.wait]
  }

  test('gets a release once every WebSocket pod has it', () => {
    const waits = 'the worker waits for the WebSocket service'
    expect(workerAt({ api: added, websocket: former, worker: former })).toEqual([1, waits])
    expect(workerAt({ api: added, websocket: added, worker: former })).toEqual([2, undefined])
  })

  test('that is added starts then too, and at creation with the others', () => {
    expect(workerAt({ api: before, websocket: before }, [added, before])).toEqual([
      1,
      'the worker waits for the WebSocket service',
    ])
    expect(workerAt({ api: added, websocket: added }, [added, before])).toEqual([2, undefined])
    expect(workerAt({}, [added])).toEqual([2, undefined])
  })

  test('that was deleted comes back at once in a release that is good, whatever the other pods do', () => {
    const good = { ...added, learned: { migration: {}, good: { number: 2, since: '2026-01-01T00:00:00Z' } } }
    const spec = { ...next, worker }
    const deployments = { api: running('api', good), websocket: running('websocket', good, { availableReplicas: 0 }) }
    const now = live(spec, {}, { deployments })
    const selection = select(spec, { records: [good, former], live: now })
    expect(stagesOf({ model: chatModel(spec), selection, live: now, drainingMs: 0 }).worker).toEqual({
      record: good,
      wait: undefined,
    })
  })
})

test('a Deployment that was deleted is created again with the release of the other one', () => {
  const unmigrated = { ...begun, learned: {} }
  const now = live(next, { api: before })
  expect(stages(next, now, [unmigrated, before]).websocket[0]).toBe(1)
})

test('a pod drains until half a minute after its deletion; then its node is lost', () => {
  const pods = [podOf('websocket', before, { leaving: true })]
  expect(drainingMs(pods, new Date('2026-01-01T23:59:50Z'))).toBe(40_000)
  expect(drainingMs(pods, new Date('2026-01-02T00:00:31Z'))).toBe(0)
})
