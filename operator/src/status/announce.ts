import type { Logger } from 'pino'
import type { EventRecorder } from '../runtime/events.ts'
import { keyOf } from '../runtime/types.ts'
import type { Action } from '../plan/plan.ts'
import type { Operator } from '../reconcile/operator.ts'
import { readyOf } from './status.ts'

/** Tells people what was done and how a ChatApp is: in the log, and as events of the ChatApp. */
export function announcer(events: EventRecorder, log: Logger): Pick<Operator, 'onWrites' | 'onStatus'> {
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
      const type = ready.status === 'True' || ON_THE_WAY.has(ready.reason) ? 'Normal' : 'Warning'
      void events.record(chatApp, { type, reason: ready.reason, action: 'Reconcile', note: ready.message })
    },
  }
}

/** Reason and action of the event for a write. */
const WRITES = {
  create: { reason: 'Created', action: 'Create' },
  update: { reason: 'Updated', action: 'Update' },
  delete: { reason: 'Deleted', action: 'Delete' },
} as const

/** Reasons that a rollout passes through; nobody has to look. */
const ON_THE_WAY = new Set([
  'Migrating',
  'NotStarted',
  'RollingOut',
  'PodsStarting',
  'NotDeployed',
  'Hibernated',
  'Paused',
])

/** One note for all writes of a kind: a ChatApp is a dozen objects, and nobody wants a dozen events. */
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
