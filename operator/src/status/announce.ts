import type { Logger } from 'pino'
import type { ChatAppObject } from '../cache/chat-app.ts'
import type { ChatAppStatus, LastRollout } from '@chat-app/crds'
import { CONTROLLER_REVISIONS } from '@chat-app/chat/resources'
import type { Action } from '../plan/plan.ts'
import type { UrgentFix } from '../plan/release/urgent.ts'
import type { EventRecorder } from '../runtime/events.ts'
import { keyOf } from '../runtime/types.ts'
import { readyOf } from './status.ts'

/** Reports what the operator does, for people. */
export interface Announcer {
  /** Reports writes that were made for a ChatApp. */
  readonly onWrites: (chatApp: ChatAppObject, actions: readonly Action[]) => void
  /** Reports a rollout that begins because of these fixes. */
  readonly onUrgent: (chatApp: ChatAppObject, fixes: readonly UrgentFix[]) => void
  /** Reports a new status. @param former the one that it replaces */
  readonly onStatus: (chatApp: ChatAppObject, former: ChatAppStatus | undefined) => void
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
      for (const { type, note } of notesOf(actions)) log.info({ chatApp: keyOf(chatApp), write: type }, note)
      for (const { type, note } of notesOf(actions.filter(isForPeople)))
        void events.record(chatApp, { type: 'Normal', ...WRITES[type], note })
    },
    onUrgent(chatApp, fixes) {
      if (fixes.length === 0) return
      const faults = fixes.map(({ fault, fixedIn }) => `${fault} (mended in ${fixedIn})`).join('; ')
      const note = `the pods of an earlier operator have a fault, so they are replaced now: ${faults}`
      log.warn({ chatApp: keyOf(chatApp) }, note)
      void events.record(chatApp, { type: 'Warning', reason: 'UrgentUpdate', action: 'Update', note })
    },
    onStatus(chatApp, former) {
      const proof = proofEvent(chatApp.status?.lastRollout, former?.lastRollout)
      if (proof !== undefined) void events.record(chatApp, { ...proof, action: 'Prove' })
      const ready = readyOf(chatApp.status)
      if (ready === undefined || ready.reason === readyOf(former)?.reason) return
      log.info({ chatApp: keyOf(chatApp), ready: ready.status, reason: ready.reason }, ready.message)
      const type = ready.status === 'True' || EXPECTED_REASONS.has(ready.reason) ? 'Normal' : 'Warning'
      void events.record(chatApp, { type, reason: ready.reason, action: 'Reconcile', note: ready.message })
    },
  }
}

const PROOFS: Readonly<Record<string, { type: 'Normal' | 'Warning'; reason: string }>> = {
  Passed: { type: 'Normal', reason: 'ProofPassed' },
  Failed: { type: 'Warning', reason: 'MessagesLost' },
  Skipped: { type: 'Warning', reason: 'ProofSkipped' },
}

/** What a proof has shown; of one that ended in a crash, which counted nothing, the event of `Ready` tells. */
function proofEvent(now: LastRollout | undefined, before: LastRollout | undefined) {
  const event = PROOFS[now?.proof ?? '']
  if (now === undefined || event === undefined) return undefined
  if (now.proof === before?.proof && now.startedAt === before.startedAt) return undefined
  const { sent, lost, duplicated, reordered, longestGapMilliseconds: gap, reconnects = [] } = now
  if (now.proof === 'Failed' && sent === undefined) return undefined
  const counts = `${sent} sent, ${lost} lost, ${duplicated} duplicated, ${reordered} in another order, longest gap ${gap} ms`
  const numbers = sent === undefined ? '' : `; ${counts}, reconnects ${reconnects.join(' and ')}`
  return { ...event, note: `rollout ${now.revision} (${now.version}): ${now.message ?? ''}${numbers}` }
}

/** Records are the operator's own memory: what they tell is in the status. */
function isForPeople(action: Action): boolean {
  return objectOf(action).kind !== CONTROLLER_REVISIONS.kind
}

/** One note for all writes of a type, so that a ChatApp with a dozen children does not have a dozen events. */
function notesOf(actions: readonly Action[]): { type: Action['type']; note: string }[] {
  return (['create', 'update', 'delete'] as const).flatMap((type) => {
    const notes = actions.filter((action) => action.type === type).map(noteOf)
    return notes.length === 0 ? [] : [{ type, note: notes.join(', ') }]
  })
}

function noteOf(action: Action): string {
  const { kind, metadata } = objectOf(action)
  return action.type === 'create' ? `${kind} ${metadata.name}` : `${kind} ${metadata.name} (${action.because})`
}

function objectOf(action: Action) {
  return action.type === 'delete' ? action.live : action.object
}
