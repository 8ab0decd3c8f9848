import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { Action } from '../plan/plan.ts'
import type { EventRecorder } from '../runtime/events.ts'
import { announcer } from './announce.ts'

const CHAT_APP = { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata: { name: 'chat', namespace: 'ns' } }

/** The notes of the events for these writes. */
function notes(actions: readonly Pick<Action, 'type'>[]): string[] {
  const recorded: string[] = []
  const events = { record: async (_: unknown, { note }: { note: string }) => recorded.push(note) }
  const { onWrites } = announcer(events as unknown as EventRecorder, pino({ level: 'silent' }))
  onWrites(CHAT_APP as never, actions as readonly Action[])
  return recorded
}

const create = (kind: string, name: string) => ({ type: 'create', object: { kind, metadata: { name } } }) as const

test('One event tells of all objects of one kind of write', () => {
  expect(notes([create('Service', 'chat-api'), create('Deployment', 'chat-api')])).toEqual([
    'Service chat-api, Deployment chat-api',
  ])
})

test('The records of releases are no news', () => {
  expect(notes([create('ControllerRevision', 'chat-1'), create('Job', 'chat-migrate')])).toEqual(['Job chat-migrate'])
  expect(notes([create('ControllerRevision', 'chat-1')])).toEqual([])
})
