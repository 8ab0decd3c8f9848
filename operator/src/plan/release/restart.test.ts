import { COMPONENTS, type Component } from '@chat-app/chat'
import { expect, test } from 'vitest'
import { at } from '../../runtime/json.ts'
import { live, rendered, select, stored } from '../../testing/releases.ts'
import { inputsOf, type ReleaseRecord } from './record.ts'

const RESTART = 'chat-app.com/restart'
const before = stored({}, 1)
const asked = (value: string) => ({ annotations: { [RESTART]: value } })

/** The release that follows, as it is stored once it was good. */
function after(records: readonly ReleaseRecord[], value: string, spec = {}): ReleaseRecord {
  const { target } = select(spec, { records, ...asked(value) })
  const good = { number: target.number, since: '2026-01-01T00:00:00Z' }
  return { ...target, isStored: true, learned: { migration: {}, good } }
}

/** The services of which the second release has other pods. */
function replaced(a: ReleaseRecord, b: ReleaseRecord): Component[] {
  return COMPONENTS.filter((component) => inputsOf(a, component) !== inputsOf(b, component))
}

const restartsOf = ({ release }: ReleaseRecord) =>
  COMPONENTS.map((component) => at<string>(release.templates[component], 'metadata', 'annotations', RESTART))

test('a new value replaces all pods by the same ones, once', () => {
  const next = after([before], 'one')
  expect(next).toMatchObject({ number: 2, release: { version: before.release.version, restart: 'one' } })
  expect(replaced(before, next)).toEqual(['api', 'websocket'])
  expect(restartsOf(next)).toEqual(['one', 'one', undefined])
  expect(after([next, before], 'one').name).toBe(next.name)
  expect(select({}, { records: [next, before] }).target.name).toBe(next.name)
  expect(after([next, before], 'two').number).toBe(3)
})

test.each([
  ['api@1', ['api']],
  ['websocket@1', ['websocket']],
  ['api,websocket@1', ['api', 'websocket']],
  ['api', ['api']],
  ['apis@1', ['api', 'websocket']],
  ['', ['api', 'websocket']],
])('the value %j is for %j', (value, services) => {
  expect(replaced(before, after([before], value))).toEqual(services)
})

test('of a release that a former operator has rendered its pods stay as they are but for the annotation', () => {
  const api = { ...before.release.templates.api, spec: { containers: [{ name: 'api', image: 'former' }] } }
  const older = { ...before, release: { ...before.release, templates: { ...before.release.templates, api } } }
  const next = after([older], 'one')
  expect(next.release.templates.api).toMatchObject({ spec: api.spec })
  expect(select({}, { records: [next, older], ...asked('one') }).update).toEqual(['the pods of api'])
})

test('is in the pods of later releases, so that only what differs is replaced, and announces no update', () => {
  const next = after([before], 'api@1')
  const websocket = after([next, before], 'websocket@2')
  expect(replaced(next, websocket)).toEqual(['websocket'])
  expect(select({}, { records: [websocket, next, before], ...asked('websocket@2') }).update).toEqual([])
  const spec = { websocket: { resources: { limits: { memory: '2Gi' } } } }
  const edited = after([websocket, next, before], 'websocket@2', spec)
  expect(replaced(websocket, edited)).toEqual(['websocket'])
  expect(restartsOf(edited).slice(0, 2)).toEqual(['api@1', 'websocket@2'])
})

test('does nothing more when the spec goes back to a release of before it', () => {
  const next = after([before], 'one', { version: '2.0.0' })
  const { target } = select({}, { records: [next, before], ...asked('one') })
  expect(target).toMatchObject({ name: before.name, number: 3 })
})

test('is not obeyed again once its record is gone', () => {
  const restarted = after([before], 'one', { version: '2.0.0' })
  const { target: back } = select({}, { records: [restarted, before], ...asked('one') })
  const third = after([back, restarted], 'one', { version: '3.0.0' })
  expect(third.release.restart).toBe('one')
  expect(select({ version: '3.0.0' }, { records: [third, back], ...asked('one') }).target.name).toBe(third.name)
})

test('is obeyed where the target runs although it has failed', () => {
  const failed = { reason: 'PodCrashing', message: '', at: '2026-01-01T00:00:00Z', secrets: 'secrets' }
  const alone = { ...stored({}, 1), learned: { migration: {}, failed } }
  expect(select({}, { records: [alone], ...asked('one') }).target.release.restart).toBe('one')
})

test('waits while a former release runs in place of the target', () => {
  const failed = { reason: 'PodCrashing', message: '', at: '2026-01-01T00:00:00Z', secrets: 'secrets' }
  const target = { ...stored({ version: '2.0.0' }, 2), learned: { migration: {}, failed } }
  const again = select({ version: '2.0.0' }, { records: [target, before], ...asked('one') })
  expect([again.target.name, again.wanted.name]).toEqual([target.name, before.name])
  const back = { annotations: { [RESTART]: 'one', 'chat-app.com/rollback-to': '1' } }
  const good = stored({ version: '2.0.0' }, 2)
  expect(select({ version: '2.0.0' }, { records: [good, before], ...back }).target.name).toBe(good.name)
})

test('at creation it is in the first pods', () => {
  const { target } = select({}, { ...asked('one'), live: live() })
  expect(target).toMatchObject({ number: 1, release: { restart: 'one' } })
  expect(rendered().fresh.restart).toBeUndefined()
})
