import type { Logger } from 'pino'
import type { ChatAppObject } from '../cache/chat-app.ts'
import type { Action } from '../plan/plan.ts'
import type { EventRecorder } from '../runtime/events.ts'
import { keyOf } from '../runtime/types.ts'
import { readyOf } from './status.ts'

/** Reports what the operator does, for people. */
export interface Announcer {
  /** Reports writes that were made for a ChatApp. */
  readonly onWrites: (chatApp: ChatAppObject, actions: readonly Action[]) => void
  /** Reports a new status. @param before the reason that the condition `Ready` had before */
  readonly onStatus: (chatApp: ChatAppObject, before: string | undefined) => void
}

/** Reason and action of the event for a write. */
const WRITES = {
  create: { reason: 'Created', action: 'Create' },
  update: { reason: 'Updated', action: 'Update' },
  delete: { reason: 'Deleted', action: 'Delete' },
} as const

/** Reasons of `Ready` that every rollout passes, or that the user asked for: their events are not warnings. */
const EXPECTED_REASONS = new Set([
  'Migrating',
  'NotStarted',
  'RollingOut',
  'PodsStarting',
  'NotDeployed',
  'Hibernated',
  'Paused',
])

/** Reports in the log, and by events of the ChatApp. */
export function announcer(events: EventRecorder, log: Logger): Announcer {
  return {
    onWrites(chatApp, actions) {
      for (const { type, note } of notesOf(actions)) {
        log.info({ chatApp: keyOf(chatApp), write: type }, note)
        void events.record(chatApp, { type: 'Normal', ...WRITES[type], note })
      }
    },
    onStatus(chatApp, before) {
      const ready = readyOf(chatApp.status)
      if (ready === undefined || ready.reason === before) return
      log.info({ chatApp: keyOf(chatApp), ready: ready.status, reason: ready.reason }, ready.message)
      const type = ready.status === 'True' || EXPECTED_REASONS.has(ready.reason) ? 'Normal' : 'Warning'
      void events.record(chatApp, { type, reason: ready.reason, action: 'Reconcile', note: ready.message })
    },
  }
}

/** One note for all writes of a type, so that a ChatApp with a dozen children does not have a dozen events. */
function notesOf(actions: readonly Action[]): { type: Action['type']; note: string }[] {
  return (['create', 'update', 'delete'] as const).flatMap((type) => {
    const notes = actions.filter((action) => action.type === type).map(noteOf)
    return notes.length === 0 ? [] : [{ type, note: notes.join(', ') }]
  })
}

function noteOf(action: Action): string {
  const { kind, metadata } = action.type === 'delete' ? action.live : action.object
  return action.type === 'create' ? `${kind} ${metadata.name}` : `${kind} ${metadata.name} (${action.because})`
}
